//! The text of the CSV file: a row a photo, a column a label.

use crate::page::{
    features::photos::{self, Card},
    ui::PtrEqRc,
};
use std::{error::Error, rc::Rc};

/// Writes shares, 0 to 1, of these labels, and of "none of these" where scores are calibrated. A photo
/// that failed has its reason in the last column. With a byte-order mark, without which spreadsheets take
/// the text for another encoding.
pub fn table(cards: &[PtrEqRc<Card>], labels: &[Rc<str>]) -> Result<String, Box<dyn Error>> {
    let has_none = cards.iter().any(|card| card.ranking.none.is_some());
    let mut csv = csv::Writer::from_writer(b"\xef\xbb\xbf".to_vec());
    csv.write_field("file")?;
    for label in labels {
        csv.write_field(&**label)?;
    }
    if has_none {
        csv.write_field("none of these")?;
    }
    csv.write_field("failure")?;
    csv.write_record(None::<&[u8]>)?;
    for card in cards {
        csv.write_field(&*card.name)?;
        for label in labels {
            let row = card.ranking.rows.iter().find(|row| row.label == *label);
            csv.write_field(row.map_or_else(String::new, |row| format!("{:.6}", row.share())))?;
        }
        if has_none {
            let none = card.ranking.none;
            csv.write_field(none.map_or_else(String::new, |share| format!("{share:.6}")))?;
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
        let text = table(photos.cards(), &["cat, sleeping".into(), "dog".into()]).unwrap();
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
