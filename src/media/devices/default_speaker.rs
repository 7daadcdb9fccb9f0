// SPDX-License-Identifier: MIT
//! Which speaker a sound server plays to for those who name none. PipeWire's session manager writes it into the graph's
//! metadata as `default.audio.sink = {"name": ...}`; GStreamer's provider does not tell of it.

use pipewire as pw;
use pw::metadata::Metadata;
use pw::types::ObjectType;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

const KEY: &str = "default.audio.sink";

/// A server that hangs is not waited for longer.
const PATIENCE: Duration = Duration::from_millis(300);

/// The node's name; nothing where no server runs, none is chosen, or no answer comes.
pub(super) fn default_speaker() -> Option<String> {
    let name = ask().inspect_err(|why| tracing::debug!("no sound server tells its default speaker: {why}"));
    name.ok().flatten()
}

/// One round to learn which metadata there is, a second one to read it.
fn ask() -> Result<Option<String>, pw::Error> {
    pw::init();
    let main = pw::main_loop::MainLoopRc::new(None)?;
    let context = pw::context::ContextRc::new(&main, None)?;
    let core = context.connect_rc(None)?;
    let registry = core.get_registry_rc()?;
    let found = Rc::new(RefCell::new(None));
    let bound = Rc::new(RefCell::new(Vec::new()));
    let _globals = registry
        .add_listener_local()
        .global({
            let (registry, bound, found) = (registry.clone(), bound.clone(), found.clone());
            move |global| {
                if global.type_ != ObjectType::Metadata {
                    return;
                }
                let Ok(metadata) = registry.bind::<Metadata, _>(global) else { return };
                let found = found.clone();
                let listener = metadata.add_listener_local().property(move |_, key, _, value| {
                    if key == Some(KEY) {
                        *found.borrow_mut() = value.and_then(name_in);
                    }
                    0
                });
                let listener = listener.register();
                bound.borrow_mut().push((listener, metadata));
            }
        })
        .register();
    let first = core.sync(0)?;
    let second = Rc::new(Cell::new(None));
    let _answers = core
        .add_listener_local()
        .done({
            let (core, main) = (core.downgrade(), main.clone());
            move |id, round| {
                if id != pw::core::PW_ID_CORE {
                    return;
                }
                if round == first {
                    second.set(core.upgrade().and_then(|core| core.sync(0).ok()));
                }
                if second.get().is_none_or(|second| round == second) {
                    main.quit();
                }
            }
        })
        .register();
    let late = main.clone();
    let timer = main.loop_().add_timer(move |_| late.quit());
    timer.update_timer(Some(PATIENCE), None);
    main.run();
    // What listens goes before what it listens to.
    bound.borrow_mut().clear();
    Ok(found.take())
}

fn name_in(value: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(value).ok()?;
    value["name"].as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::name_in;

    #[test]
    fn the_name_is_read_out_of_what_the_session_manager_writes() {
        assert_eq!(name_in(r#"{ "name": "bluez_output.one" }"#).as_deref(), Some("bluez_output.one"));
        assert_eq!([r#"{}"#, "", "nonsense", r#"{"name":3}"#].map(name_in), [const { None }; 4]);
    }
}
