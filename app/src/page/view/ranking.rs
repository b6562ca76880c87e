//! A card's labels, best first.

use super::super::{numbers, ranking::Row, words};
use std::rc::Rc;
use yew::{Html, Properties, classes, component, html, use_state};

/// Rows shown at first, beside the one being typed; the rest is one tap away.
const FIRST: usize = 12;

/// So few are not worth a tap.
const FEW: usize = 2;

/// See [`Ranking`].
#[derive(Properties, PartialEq)]
pub struct Props {
    pub rows: Rc<[Row]>,
    pub numbers: bool,
    /// Whether labels share 100 % (softmax).
    pub shares: bool,
}

/// A bar and a percentage a label, and all three numbers if they are wanted.
#[component]
pub fn Ranking(props: &Props) -> Html {
    let all = use_state(|| false);
    let rows = &props.rows;
    let alone = props.shares && rows.len() == 1;
    let long = rows.len() > FIRST + FEW;
    let row = |(place, row): (usize, &Row)| {
        let hidden = long && !*all && place >= FIRST && !row.draft;
        table_row(row, props.numbers, alone, hidden)
    };
    let toggle = {
        let all = all.clone();
        move |_| all.set(!*all)
    };
    html! {
        <>
            <table class={classes!("ranking", props.numbers.then_some("with-numbers"))}>
                { head(props.numbers, props.shares) }
                <tbody>{ for rows.iter().enumerate().map(row) }</tbody>
            </table>
            if alone {
                <p class="card-note">{ words::ONE_LABEL }</p>
            }
            if long {
                <button
                    type="button"
                    class="quiet"
                    aria-expanded={all.to_string()}
                    onclick={toggle}
                >
                    { if *all { words::FEWER.to_owned() } else { words::show_all(rows.len()) } }
                </button>
            }
        </>
    }
}

fn head(numbers: bool, shares: bool) -> Html {
    let [label, cosine, logit, share] = words::columns(shares);
    html! {
        <thead class={(!numbers).then_some("unseen")}>
            <tr>
                <th scope="col">{ label }</th>
                if numbers {
                    <th scope="col">{ cosine }</th>
                    <th scope="col">{ logit }</th>
                }
                <th scope="col">{ share }</th>
            </tr>
        </thead>
    }
}

fn table_row(row: &Row, numbers: bool, alone: bool, hidden: bool) -> Html {
    let score = row.score;
    let share = if alone {
        "\u{2013}".to_owned()
    } else if numbers {
        numbers::exact_percent(score.probability)
    } else {
        numbers::percent(score.probability)
    };
    let width = if alone {
        0.0
    } else {
        score.probability * 100.0
    };
    html! {
        <tr
            key={&*row.label}
            class={classes!(row.draft.then_some("draft"))}
            {hidden}
            data-label={row.label.clone()}
            data-draft={row.draft.then_some("true")}
            data-cosine={score.cosine.to_string()}
            data-logit={score.logit.to_string()}
            data-probability={score.probability.to_string()}
        >
            <th scope="row">
                <span class="label-name">
                    { row.label.clone() }
                    if row.draft {
                        <span class="typing">{ words::DRAFT }</span>
                    }
                </span>
                <svg class="fit" aria-hidden="true" focusable="false">
                    <rect width={format!("{width:.2}%")} height="100%" rx="3" />
                </svg>
            </th>
            if numbers {
                <td>{ numbers::signed(score.cosine, 3) }</td>
                <td>{ numbers::signed(score.logit, 2) }</td>
            }
            <td class="share">{ share }</td>
        </tr>
    }
}
