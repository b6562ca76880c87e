//! Subgroups in browsers: wgpu (version 30) requests only features that it knows, and this one it
//! doesn't know there yet. So `GPUAdapter.requestDevice` is wrapped.

use js_sys::{Array, Function, Object, Proxy, Reflect};
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};

const SUBGROUPS: &str = "subgroups";

/// Makes devices that are asked for from now on have subgroups, where their adapters offer them.
/// Where anything is other than expected, nothing changes.
pub fn ask_for() {
    let class = Reflect::get(&js_sys::global(), &"GPUAdapter".into());
    let prototype = class.and_then(|class| Reflect::get(&class, &"prototype".into()));
    let Ok(prototype) = prototype else { return };
    let name = JsValue::from("requestDevice");
    let original = Reflect::get(&prototype, &name).map(JsCast::dyn_into::<Function>);
    let Ok(Ok(original)) = original else { return };
    let asking = Closure::<dyn Fn(Function, JsValue, Array) -> Result<JsValue, JsValue>>::new(
        |original: Function, adapter: JsValue, arguments: Array| {
            // As it was, if it isn't as expected.
            let _ = add(&adapter, &arguments);
            Reflect::apply(&original, &adapter, &arguments)
        },
    );
    let handler = Object::new();
    // Properties of objects just made can be set, and so can the class's.
    let _ = Reflect::set(&handler, &"apply".into(), asking.as_ref());
    let _ = Reflect::set(&prototype, &name, &Proxy::new(&original, &handler));
    // The class keeps it as long as the worker lives.
    asking.forget();
}

/// Adds the feature to those that a device is asked for.
fn add(adapter: &JsValue, arguments: &Array) -> Result<(), JsValue> {
    let features = Reflect::get(adapter, &"features".into())?;
    let has = Reflect::get(&features, &"has".into())?.dyn_into::<Function>()?;
    let wanted = arguments.get(0);
    if has.call1(&features, &SUBGROUPS.into())?.is_truthy() && wanted.is_object() {
        let name = JsValue::from("requiredFeatures");
        let required = Array::from(&Reflect::get(&wanted, &name)?);
        required.push(&SUBGROUPS.into());
        Reflect::set(&wanted, &name, &required)?;
    }
    Ok(())
}
