//! The table of a picture's labels, best first, and "none of these" among them.

use super::{
    none_row,
    ranking::{Ranking, Row},
    text,
};
use crate::page::{locale::numbers, ui::bar::bar};
use glimpse_model::score::Together;
use yew::{Html, Properties, classes, component, html, use_state};

/// Rows that are shown at first, beside the one being typed; the rest is one tap away.
const SHOWN_ROWS: usize = 12;

/// So few further rows are not worth a tap, and are shown as well.
const FEW_ROWS: usize = 2;

/// What [`RankingTable`] is drawn from.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The labels and their scores, best first.
    pub ranking: Ranking,
    /// Whether cosine and logit are shown beside the share.
    pub numbers: bool,
    /// Whether labels share 100 %, so that a single one has it all.
    pub is_softmax: bool,
    /// How "none of these" comes about, if the scores are calibrated.
    pub joint: Option<Together>,
}

/// A bar and a percentage a label, and all numbers if they are wanted.
#[component]
pub fn RankingTable(props: &Props) -> Html {
    let all = use_state(|| false);
    let asked = use_state(|| false);
    let rows = &props.ranking.rows;
    let is_calibrated = props.ranking.none.is_some();
    // A softmax of one label is always 100 %.
    let is_void = props.is_softmax && !is_calibrated && rows.len() == 1;
    let is_long = rows.len() > SHOWN_ROWS + FEW_ROWS;
    let row = |(index, row): (usize, &Row)| {
        let hidden = is_long && !*all && index >= SHOWN_ROWS && !row.draft;
        table_row(row, props.numbers, is_void, hidden)
    };
    let toggle = {
        let all = all.clone();
        move |_| all.set(!*all)
    };
    let before_none = props.ranking.before_none().unwrap_or(rows.len());
    let indexed = || rows.iter().enumerate();
    let none = props.ranking.none.zip(props.joint);
    let none = none.map(|(share, joint)| {
        let columns = if props.numbers { 5 } else { 2 };
        none_row::rows(share, &joint, columns, &asked)
    });
    let class = classes!(
        "ranking",
        props.numbers.then_some("with-numbers"),
        is_calibrated.then_some("calibrated")
    );
    html! {
        <>
            <table {class}>
                { head(props.numbers, props.is_softmax, is_calibrated) }
                <tbody>
                    { for indexed().take(before_none).map(row) }
                    { none.unwrap_or_default() }
                    { for indexed().skip(before_none).map(row) }
                </tbody>
            </table>
            if is_void {
                <p class="card-note">{ text::ONE_LABEL }</p>
            }
            if is_long {
                <button
                    type="button"
                    class="quiet"
                    aria-expanded={all.to_string()}
                    onclick={toggle}
                >
                    { if *all { String::from(text::FEWER) } else { text::show_all(rows.len(), props.ranking.scored) } }
                </button>
            }
        </>
    }
}

fn head(numbers: bool, is_softmax: bool, is_calibrated: bool) -> Html {
    let [label, cosine, logit, independent, share] = text::columns(is_softmax);
    html! {
        <thead class={(!numbers).then_some("visually-hidden")}>
            <tr>
                <th scope="col">{ label }</th>
                if numbers {
                    <th scope="col">{ cosine }</th>
                    <th scope="col">{ logit }</th>
                    if is_calibrated {
                        <th scope="col">{ independent }</th>
                    }
                }
                <th scope="col">{ share }</th>
            </tr>
        </thead>
    }
}

/// One label; with `is_void`, its share says nothing and is left out.
fn table_row(row: &Row, numbers: bool, is_void: bool, hidden: bool) -> Html {
    let score = row.score;
    let share = if is_void {
        "\u{2013}".to_owned()
    } else if numbers {
        numbers::exact_percent(row.share())
    } else {
        numbers::percent(row.share())
    };
    let width = if is_void { 0.0 } else { row.share() };
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
                        <span class="typing">{ text::DRAFT }</span>
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
