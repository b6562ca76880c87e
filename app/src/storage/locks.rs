//! Web Locks, by which tabs and workers of this site know of each other: a lock is held by whoever
//! asked for it and lives, and is free the moment that page or worker ends, in whatever way.

use js_sys::{Array, Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use wasm_bindgen_futures::JsFuture;

/// Holds a lock as long as this page or worker lives. `then` runs once it is held; at once in a
/// browser without locks.
pub fn hold(name: &str, then: impl FnOnce() + 'static) {
    let Some((locks, request)) = lock_manager("request") else {
        return then();
    };
    // The lock is kept until the promise that the callback gives is settled: never.
    let callback = Closure::once_into_js(move || {
        then();
        Promise::new(&mut |_, _| {})
    });
    // The promise that comes back is for whoever lets the lock go again.
    let _ = request.call2(&locks, &name.into(), &callback);
}

/// Waits until nobody holds a lock any more; false in a browser without locks.
pub async fn freed(name: &str) -> bool {
    let waited = async {
        let (locks, request) = lock_manager("request")?;
        let callback = Closure::once_into_js(|| {});
        let granted = request.call2(&locks, &name.into(), &callback).ok()?;
        JsFuture::from(granted.dyn_into::<Promise>().ok()?)
            .await
            .ok()
    };
    waited.await.is_some()
}

/// A lock that is held until this is dropped.
pub struct Lock {
    release: Function,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // What resolves a promise doesn't throw.
        let _ = self.release.call0(&JsValue::UNDEFINED);
    }
}

/// Waits for a lock, which this page or worker then holds alone; `None` in a browser without locks.
pub async fn exclusive(name: &str) -> Option<Lock> {
    let (locks, request) = lock_manager("request")?;
    let (locks, name) = (&locks, &name.into());
    let mut asked = Ok(JsValue::UNDEFINED);
    // Resolved with what lets the lock go.
    let granted = Promise::new(&mut |granted, _| {
        let callback = Closure::once_into_js(move || {
            Promise::new(&mut |release, _| {
                let _ = granted.call1(&JsValue::UNDEFINED, &release);
            })
        });
        asked = request.call2(locks, name, &callback);
    });
    asked.ok()?;
    let release = JsFuture::from(granted).await.ok()?.dyn_into().ok()?;
    Some(Lock { release })
}

/// The names of all locks that are held and begin with `prefix`, without it.
pub async fn held(prefix: &str) -> Vec<String> {
    let snapshot = async {
        let (locks, query) = lock_manager("query")?;
        let promise: Promise = query.call0(&locks).ok()?.dyn_into().ok()?;
        let snapshot = JsFuture::from(promise).await.ok()?;
        Some(Array::from(&Reflect::get(&snapshot, &"held".into()).ok()?))
    };
    let locks = snapshot.await.unwrap_or_default();
    locks
        .iter()
        .filter_map(|lock| Reflect::get(&lock, &"name".into()).ok()?.as_string())
        .filter_map(|name| name.strip_prefix(prefix).map(str::to_owned))
        .collect()
}

/// `navigator.locks` and one of its functions, through reflection: the bindings are still unstable.
fn lock_manager(function: &str) -> Option<(JsValue, Function)> {
    let navigator = Reflect::get(&js_sys::global(), &"navigator".into()).ok()?;
    let locks = Reflect::get(&navigator, &"locks".into()).ok()?;
    let function = Reflect::get(&locks, &function.into()).ok()?;
    Some((locks, function.dyn_into().ok()?))
}
