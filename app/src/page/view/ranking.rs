//! A card's labels, best first, and "none of these" among them.

use super::{
    super::{
        numbers,
        ranking::{Ranking, Row},
        words,
    },
    none_row,
};
use glimpse_model::score::Together;
use yew::{Html, Properties, classes, component, html, use_state};

/// Rows shown at first, beside the one being typed; the rest is one tap away.
const FIRST: usize = 12;

/// So few are not worth a tap.
const FEW: usize = 2;

/// See [`RankingTable`].
#[derive(Properties, PartialEq)]
pub struct Props {
    pub ranking: Ranking,
    pub numbers: bool,
    /// Whether labels share 100 %.
    pub shares: bool,
    /// How "none of these" comes about, if the model is calibrated.
    pub together: Option<Together>,
}

/// A bar and a percentage a label, and all numbers if they are wanted.
#[component]
pub fn RankingTable(props: &Props) -> Html {
    let all = use_state(|| false);
    let asked = use_state(|| false);
    let rows = &props.ranking.rows;
    let calibrated = props.ranking.none.is_some();
    let alone = props.shares && !calibrated && rows.len() == 1;
    let long = rows.len() > FIRST + FEW;
    let row = |(place, row): (usize, &Row)| {
        let hidden = long && !*all && place >= FIRST && !row.draft;
        table_row(row, props.numbers, alone, hidden)
    };
    let toggle = {
        let all = all.clone();
        move |_| all.set(!*all)
    };
    let before_none = props.ranking.before_none().unwrap_or(rows.len());
    let places = || rows.iter().enumerate();
    let none = props.ranking.none.zip(props.together);
    let none = none.map(|(share, together)| {
        let columns = if props.numbers { 5 } else { 2 };
        none_row::rows(share, &together, columns, &asked)
    });
    let class = classes!(
        "ranking",
        props.numbers.then_some("with-numbers"),
        calibrated.then_some("calibrated")
    );
    html! {
        <>
            <table {class}>
                { head(props.numbers, props.shares, calibrated) }
                <tbody>
                    { for places().take(before_none).map(row) }
                    { none.unwrap_or_default() }
                    { for places().skip(before_none).map(row) }
                </tbody>
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

fn head(numbers: bool, shares: bool, calibrated: bool) -> Html {
    let [label, cosine, logit, alone, share] = words::columns(shares);
    html! {
        <thead class={(!numbers).then_some("unseen")}>
            <tr>
                <th scope="col">{ label }</th>
                if numbers {
                    <th scope="col">{ cosine }</th>
                    <th scope="col">{ logit }</th>
                    if calibrated {
                        <th scope="col">{ alone }</th>
                    }
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
        numbers::exact_percent(row.share())
    } else {
        numbers::percent(row.share())
    };
    let width = if alone { 0.0 } else { row.share() };
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
            data-share={row.chance.map(|chance| chance.share.to_string())}
            data-alone={row.chance.map(|chance| chance.alone.to_string())}
        >
            <th scope="row">
                <span class="label-name">
                    { row.label.clone() }
                    if row.draft {
                        <span class="typing">{ words::DRAFT }</span>
                    }
                </span>
                { bar(width) }
            </th>
            if numbers {
                <td>{ numbers::signed(score.cosine, 3) }</td>
                <td>{ numbers::signed(score.logit, 2) }</td>
                if let Some(chance) = row.chance {
                    <td>{ numbers::exact_percent(chance.alone) }</td>
                }
            }
            <td class="share">{ share }</td>
        </tr>
    }
}

/// A share of 1 as a bar under its row.
pub fn bar(share: f32) -> Html {
    html! {
        <svg class="fit" aria-hidden="true" focusable="false">
            <rect width={format!("{:.2}%", share * 100.0)} height="100%" rx="3" />
        </svg>
    }
}
