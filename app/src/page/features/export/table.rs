//! The text of the CSV file: a row a photo, a column a label.

use crate::page::{
    features::{
        photos::{self, Card, CardStatus},
        scores::{Candidate, Temperature, shares},
    },
    ui::PtrEqRc,
};
use glimpse_model::pack::PackSummary;
use std::error::Error;

/// Writes shares, 0 to 1, of these labels, and of "none of these" where scores are calibrated. A photo
/// that failed has its reason in the last column. With a byte-order mark, without which spreadsheets take
/// the text for another encoding.
pub fn table(
    cards: &[PtrEqRc<Card>],
    labels: &[Candidate],
    model: &PackSummary,
    temperature: &Temperature,
) -> Result<String, Box<dyn Error>> {
    let has_none = temperature.calibration(model).is_some() && !labels.is_empty();
    let mut csv = csv::Writer::from_writer(b"\xef\xbb\xbf".to_vec());
    csv.write_field("file")?;
    for candidate in labels {
        csv.write_field(&*candidate.label)?;
    }
    if has_none {
        csv.write_field("none of these")?;
    }
    csv.write_field("failure")?;
    csv.write_record(None::<&[u8]>)?;
    for card in cards {
        csv.write_field(&*card.name)?;
        let (shares, none) = match &card.status {
            CardStatus::Done(image) => shares(&image.embedding, labels, model, temperature),
            _ => (Vec::new(), None),
        };
        let share = |share: Option<f32>| share.map_or_else(String::new, |it| format!("{it:.6}"));
        for index in 0..labels.len() {
            csv.write_field(share(shares.get(index).copied()))?;
        }
        if has_none {
            csv.write_field(share(none))?;
        }
        csv.write_field(photos::failure(&card.status).unwrap_or_default())?;
        csv.write_record(None::<&[u8]>)?;
    }
    Ok(String::from_utf8(csv.into_inner()?)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::features::photos::{CardStatus, Photos};

    #[test]
    fn names_with_commas_and_quotes_come_back_whole() {
        let mut photos = Photos::of(&["a, b.jpg", "say \"cheese\".jpg"]);
        photos.fail(2);
        let labels = ["cat, sleeping", "dog"].map(|label| Candidate {
            label: label.into(),
            draft: false,
            embedding: [1.0].into(),
        });
        let model: PackSummary = serde_json::from_value(serde_json::json!({
            "name": "", "description": "", "languages": [], "licence": "", "source": [],
            "scoring": {"mode": "softmax", "logit_scale": 3.0},
            "quantisation": "int8", "architecture": {"projection_dim": 1},
            "preprocessing": {"size": {"shortest_edge": 224}}, "files": {},
        }))
        .unwrap();
        let text = table(photos.cards(), &labels, &model, &Temperature::default()).unwrap();
        let mut csv = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        let header: Vec<_> = csv.headers().unwrap().iter().map(str::to_owned).collect();
        assert_eq!(header, ["file", "cat, sleeping", "dog", "failure"]);
        let rows: Vec<csv::StringRecord> = csv.records().map(Result::unwrap).collect();
        assert_eq!(&rows[0][0], "a, b.jpg");
        assert_eq!(&rows[1][0], "say \"cheese\".jpg");
        let failure = photos::failure(&CardStatus::Crashed).unwrap();
        assert_eq!((&rows[0][3], &rows[1][3]), ("", &*failure));
    }
}
