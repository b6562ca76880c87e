//! "None of these" in a ranking, and what that means, one tap away.

use super::{
    super::{numbers, words},
    ranking::bar,
};
use glimpse_model::score::Together;
use yew::{Html, UseStateHandle, html};

/// Its row, and the row of the explanation once it is `asked` for.
pub fn rows(share: f32, together: &Together, columns: usize, asked: &UseStateHandle<bool>) -> Html {
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
                        { words::NONE }
                        <button
                            type="button"
                            class="ask"
                            aria-expanded={asked.to_string()}
                            onclick={toggle}
                        >
                            { words::NONE_ASK }
                        </button>
                    </span>
                    { bar(share) }
                </th>
                <td class="share">{ percent }</td>
            </tr>
            if **asked {
                <tr key=" none explained" class="none-means">
                    <td colspan={columns.to_string()}>
                        <p>{ words::none_means(share) }</p>
                        <p class="hint">{ words::none_exact(together) }</p>
                    </td>
                </tr>
            }
        </>
    }
}
