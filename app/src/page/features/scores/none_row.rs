//! "None of these" in a ranking, and what that means, one tap away.

use super::text;
use crate::page::{locale::numbers, ui::bar::bar};
use glimpse_model::score::Together;
use yew::{Html, UseStateHandle, html};

/// The row of "none of these", and a row of explanation once it is `asked` for. `columns` is the
/// table's number of columns: two, or more where all numbers are shown.
pub fn rows(share: f32, joint: &Together, columns: usize, asked: &UseStateHandle<bool>) -> Html {
    let toggle = {
        let asked = asked.clone();
        move |_| asked.set(!*asked)
    };
    let percent = if columns > 2 {
        numbers::exact_percent(share)
    } else {
        numbers::percent(share)
    };
    html! {
        <>
            // A label can't have this key: labels have no space at their ends.
            <tr key=" none" class="none-row" data-none={share.to_string()}>
                <th scope="row" colspan={(columns - 1).to_string()}>
                    <span class="label-name">
                        { text::NONE }
                        <button
                            type="button"
                            class="ask"
                            aria-expanded={asked.to_string()}
                            onclick={toggle}
                        >
                            { text::NONE_ASK }
                        </button>
                    </span>
                    { bar(share) }
                </th>
                <td class="share">{ percent }</td>
            </tr>
            if **asked {
                <tr key=" none explained" class="none-means">
                    <td colspan={columns.to_string()}>
                        <p>{ text::none_means(share) }</p>
                        <p class="hint">{ text::none_exact(joint) }</p>
                    </td>
                </tr>
            }
        </>
    }
}
