//! WebGPU or the processor.

use super::building::is_building;
use crate::page::platform::dom;
use crate::protocol::{Backend, OpenFailure};
use js_sys::{Function, Object, Promise, Reflect};
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// Why a backend runs.
#[derive(Debug, Clone, PartialEq)]
pub enum BackendReason {
    /// A real graphics card is there.
    Card,
    /// The browser offers no WebGPU.
    NoWebGpu,
    /// WebGPU is there, but a processor pretends to be the card.
    Software,
    /// A small device, or one that asks to save data: the WebGPU program is much larger.
    Small,
    /// The address asks for it, by `?backend=`.
    Asked,
    /// WebGPU would run, but its module is still being compiled.
    Building,
    /// WebGPU was tried and failed.
    FellBack(Fault),
}

/// Why a worker is of no use.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// Its module can't be fetched.
    Unreachable,
    /// Its module couldn't be compiled.
    NotCompiled,
    /// Its module is of another version than the page.
    Outdated,
    /// It couldn't open the model.
    NotOpened(OpenFailure),
    /// It answered without the numbers that belong to the answer.
    NoNumbers,
    /// It gave no sign of life for minutes.
    Hung,
    /// As the browser said; empty if it said nothing.
    Said(Rc<str>),
}

impl Fault {
    /// Whether the network is to blame, so that another try may help later.
    pub fn is_of_network(&self) -> bool {
        matches!(
            self,
            Self::Unreachable | Self::NotOpened(OpenFailure::Network(_))
        )
    }
}

/// The backend that is wanted, or the processor as long as the wanted one is being compiled.
pub async fn choose() -> (Backend, BackendReason) {
    match wanted().await {
        (Backend::WebGpu, _) if is_building() => (Backend::Cpu, BackendReason::Building),
        choice => choice,
    }
}

/// Asks the address, then the browser.
async fn wanted() -> (Backend, BackendReason) {
    match dom::parameter("backend").as_deref() {
        Some("cpu") => return (Backend::Cpu, BackendReason::Asked),
        Some("webgpu") => return (Backend::WebGpu, BackendReason::Asked),
        _ => {}
    }
    if is_small() {
        return (Backend::Cpu, BackendReason::Small);
    }
    match adapter().await {
        None => (Backend::Cpu, BackendReason::NoWebGpu),
        Some(adapter) if is_software(&adapter) => (Backend::Cpu, BackendReason::Software),
        Some(_) => (Backend::WebGpu, BackendReason::Card),
    }
}

/// Whether the browser says that there are 2 GB of memory or less, or that data should be saved.
pub fn is_small() -> bool {
    let Some(navigator) = dom::window().map(|window| window.navigator()) else {
        return false;
    };
    let memory = dom::property(&navigator, "deviceMemory").and_then(|memory| memory.as_f64());
    let saves = dom::property(&navigator, "connection")
        .and_then(|connection| dom::property(&connection, "saveData"))
        .is_some_and(|saves| saves.is_truthy());
    saves || memory.is_some_and(|gigabytes| gigabytes <= 2.0)
}

/// `navigator.gpu.requestAdapter(…)`, through reflection: the bindings are still unstable.
async fn adapter() -> Option<JsValue> {
    let gpu = dom::property(&dom::window()?.navigator(), "gpu")?;
    let request: Function = dom::property(&gpu, "requestAdapter")?.dyn_into().ok()?;
    let options = Object::new();
    Reflect::set(
        &options,
        &"powerPreference".into(),
        &"high-performance".into(),
    )
    .ok()?;
    let promise: Promise = request.call1(&gpu, &options).ok()?.dyn_into().ok()?;
    let adapter = JsFuture::from(promise).await.ok()?;
    (!adapter.is_null() && !adapter.is_undefined()).then_some(adapter)
}

fn is_software(adapter: &JsValue) -> bool {
    let info = dom::property(adapter, "info").unwrap_or(JsValue::UNDEFINED);
    let flag = |object: &JsValue| {
        let value = (!object.is_undefined()).then(|| dom::property(object, "isFallbackAdapter"));
        value.flatten().is_some_and(|value| value.is_truthy())
    };
    let named = ["architecture", "description", "device", "vendor"]
        .iter()
        .any(|name| {
            let text = (!info.is_undefined()).then(|| dom::property(&info, name));
            let text = text.flatten().and_then(|text| text.as_string());
            let text = text.unwrap_or_default().to_lowercase();
            ["swiftshader", "llvmpipe", "basic render"]
                .iter()
                .any(|name| text.contains(name))
        });
    flag(adapter) || flag(&info) || named
}
