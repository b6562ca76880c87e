//! Licences, bans and sources of all crates, by what Cargo tells of them and `deny.toml` allows. That
//! is what cargo-deny reads there, which takes too long to compile for every test run.

use crate::places::Places;
use crate::process::program;
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use spdx::{Expression, LicenseReq, Licensee, ParseMode};
use std::collections::{HashMap, HashSet};
use std::fs;

/// The part of `deny.toml` that is checked here; cargo-deny refuses what it doesn't know.
#[derive(Deserialize)]
struct Policy {
    licenses: Licenses,
    bans: Bans,
    sources: Sources,
}

#[derive(Deserialize)]
struct Licenses {
    allow: Vec<String>,
    #[serde(default)]
    exceptions: Vec<Exception>,
    #[serde(default)]
    clarify: Vec<Clarification>,
}

/// Licences that one crate may have besides.
#[derive(Deserialize)]
struct Exception {
    #[serde(rename = "crate")]
    name: String,
    allow: Vec<String>,
}

/// The licence of a crate that doesn't name it.
#[derive(Deserialize)]
struct Clarification {
    #[serde(rename = "crate")]
    name: String,
    expression: String,
}

#[derive(Deserialize)]
struct Bans {
    deny: Vec<Ban>,
}

#[derive(Deserialize)]
struct Ban {
    #[serde(rename = "crate")]
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Sources {
    allow_registry: Vec<String>,
}

/// What `cargo metadata` prints.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_members: Vec<String>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    source: Option<String>,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

/// A crate and those that it uses, by their ids.
#[derive(Deserialize)]
struct Node {
    id: String,
    dependencies: Vec<String>,
}

/// Prints what isn't allowed; whether all is.
pub fn run(places: &Places) -> Result<bool> {
    let policy = fs::read_to_string(places.root.join("deny.toml"));
    let policy = toml::from_str(&policy.context("couldn't read deny.toml")?)?;
    let mut cargo = program(places, "cargo");
    cargo.args([
        "metadata",
        "--locked",
        "--all-features",
        "--format-version",
        "1",
    ]);
    let answer = cargo.output().context("couldn't start Cargo")?;
    let errors = String::from_utf8_lossy(&answer.stderr);
    ensure!(
        answer.status.success(),
        "Cargo tells nothing of the crates: {errors}"
    );
    let metadata: Metadata = serde_json::from_slice(&answer.stdout)?;

    let (count, objections) = check(&policy, &metadata)?;
    for objection in &objections {
        eprintln!("{objection}");
    }
    match objections.len() {
        0 => println!("{count} crates are what deny.toml allows."),
        number => println!("Against deny.toml: {number} of {count} crates."),
    }
    Ok(objections.is_empty())
}

/// The number of crates that are used, and what is to be said against them.
fn check(policy: &Policy, metadata: &Metadata) -> Result<(usize, Vec<String>)> {
    let allowed = licensees(&policy.licenses.allow)?;
    let used = used(metadata);
    let others = metadata.packages.iter().filter(|package| {
        used.contains(&*package.id) && !metadata.workspace_members.contains(&package.id)
    });
    let (mut count, mut objections) = (0, Vec::new());
    for package in others {
        count += 1;
        let reason = licence(policy, &allowed, package)?
            .or_else(|| source(policy, package))
            .or_else(|| ban(policy, package));
        if let Some(reason) = reason {
            objections.push(format!("{} {}: {reason}", package.name, package.version));
        }
    }
    Ok((count, objections))
}

/// The crates that the workspace's are made of, on any target, by their ids. Cargo also names those
/// that only a feature would bring in that nobody chose.
fn used(metadata: &Metadata) -> HashSet<&str> {
    let nodes = metadata.resolve.nodes.iter();
    let dependencies: HashMap<&str, &[String]> =
        nodes.map(|node| (&*node.id, &*node.dependencies)).collect();
    let mut found = HashSet::new();
    let mut left: Vec<&str> = metadata.workspace_members.iter().map(|id| &**id).collect();
    while let Some(id) = left.pop() {
        if found.insert(id) {
            let next = dependencies.get(id).copied().unwrap_or_default();
            left.extend(next.iter().map(|id| &**id));
        }
    }
    found
}

/// What is wrong with a crate's licence.
fn licence(policy: &Policy, allowed: &[Licensee], package: &Package) -> Result<Option<String>> {
    let Licenses {
        exceptions,
        clarify,
        ..
    } = &policy.licenses;
    let clarified = clarify.iter().find(|crate_| crate_.name == package.name);
    let named = package.license.as_ref();
    let Some(licence) = clarified.map(|clear| &clear.expression).or(named) else {
        return Ok(Some("it names no licence".into()));
    };
    let own = exceptions
        .iter()
        .filter(|crate_| crate_.name == package.name);
    let own: Vec<_> = own
        .flat_map(|exception| exception.allow.iter().cloned())
        .collect();
    let own = licensees(&own)?;
    // With "/" for "or", as Cargo once wanted it.
    let expression = Expression::parse_mode(licence, ParseMode::LAX);
    let expression = expression.with_context(|| format!("{}: \"{licence}\"", package.name))?;
    let is_allowed = |wanted: &LicenseReq| {
        let mut all = allowed.iter().chain(&own);
        all.any(|licence| licence.satisfies(wanted))
    };
    let refused = !expression.evaluate(is_allowed);
    Ok(refused.then(|| format!("its licence is {licence}")))
}

fn licensees(names: &[String]) -> Result<Vec<Licensee>> {
    let parse = |name: &String| {
        Licensee::parse(name).with_context(|| format!("deny.toml: \"{name}\" is no licence"))
    };
    names.iter().map(parse).collect()
}

/// What is wrong with where a crate comes from.
fn source(policy: &Policy, package: &Package) -> Option<String> {
    let Some(source) = &package.source else {
        return Some("it comes from a folder".into());
    };
    let registry = source.strip_prefix("registry+");
    let is_known = |registry: &str| {
        policy
            .sources
            .allow_registry
            .iter()
            .any(|known| known == registry)
    };
    (!registry.is_some_and(is_known)).then(|| format!("it comes from {source}"))
}

fn ban(policy: &Policy, package: &Package) -> Option<String> {
    let is_banned = policy.bans.deny.iter().any(|ban| ban.name == package.name);
    is_banned.then(|| "it is banned".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

    fn policy() -> Result<Policy> {
        Ok(toml::from_str(include_str!("../../../deny.toml"))?)
    }

    /// What is said against crates, each with name, licence and source, the first of which uses the
    /// second and so on.
    fn objections(crates: &[(&str, Option<&str>, Option<&str>)]) -> Result<Vec<String>> {
        let packages: Vec<_> = crates
            .iter()
            .map(|(name, license, source)| {
                json!({ "id": name, "name": name, "version": "1.0.0", "license": license, "source": source })
            })
            .collect();
        let names = crates.iter().map(|(name, ..)| *name);
        let mut ids: Vec<&str> = ["ours"].into_iter().chain(names).collect();
        let mut nodes = vec![json!({ "id": "unused", "dependencies": ["ours"] })];
        for pair in ids.windows(2) {
            nodes.push(json!({ "id": pair[0], "dependencies": [pair[1]] }));
        }
        nodes.push(json!({ "id": ids.pop(), "dependencies": [] }));
        let ours = json!({ "id": "ours", "name": "ours", "version": "0.1.0", "license": null, "source": null });
        let unused = json!({ "id": "unused", "name": "unused", "version": "0.1.0", "license": "GPL-3.0", "source": null });
        let packages: Vec<_> = packages.into_iter().chain([ours, unused]).collect();
        let metadata = serde_json::from_value(json!({
            "packages": packages, "workspace_members": ["ours"], "resolve": { "nodes": nodes },
        }))?;
        Ok(check(&policy()?, &metadata)?.1)
    }

    #[test]
    fn what_is_allowed_is_silent() -> Result<()> {
        let registry = Some(REGISTRY);
        let objections = objections(&[
            ("a", Some("MIT OR GPL-3.0"), registry),
            ("b", Some("MIT/Apache-2.0"), registry),
            ("c", Some("(MIT OR Apache-2.0) AND Unicode-3.0"), registry),
            ("d", Some("Apache-2.0 WITH LLVM-exception"), registry),
            ("buildid", Some("MPL-2.0"), registry),
            ("cfg_block", None, registry),
        ])?;
        assert!(objections.is_empty(), "{objections:?}");
        Ok(())
    }

    #[test]
    fn each_objection_names_its_crate_and_reason() -> Result<()> {
        let registry = Some(REGISTRY);
        let objections = objections(&[
            ("a", Some("GPL-3.0"), registry),
            ("b", Some("MIT AND MPL-2.0"), registry),
            ("c", None, registry),
            ("d", Some("MIT"), Some("git+https://github.com/x/y#0123")),
            ("e", Some("MIT"), Some("registry+https://example.com/index")),
            ("f", Some("MIT"), None),
            ("openssl", Some("MIT"), registry),
        ])?;
        assert_eq!(
            objections,
            [
                "a 1.0.0: its licence is GPL-3.0",
                "b 1.0.0: its licence is MIT AND MPL-2.0",
                "c 1.0.0: it names no licence",
                "d 1.0.0: it comes from git+https://github.com/x/y#0123",
                "e 1.0.0: it comes from registry+https://example.com/index",
                "f 1.0.0: it comes from a folder",
                "openssl 1.0.0: it is banned",
            ]
        );
        Ok(())
    }
}
