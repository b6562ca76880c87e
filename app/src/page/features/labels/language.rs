//! Words of other languages in Latin letters, to warn where a model has read English alone.
//!
//! Single words give too little for a statistical guess, so this is a list of what people label
//! photos with first, and of letters that English doesn't have. It errs on the side of silence.

/// Common words that aren't English ones too, by language (BCP 47).
const WORDS: [(&str, &str); 7] = [
    (
        "de",
        "hund katze pferd vogel baum blume haus fahrrad kind frau mann mensch wasser himmel sonne \
         berg wald strand stadt strasse kuh schaf fisch essen brot kuchen apfel ein eine der und mit \
         ein auf rot blau gelb weiss schwarz",
    ),
    (
        "fr",
        "chien chat cheval oiseau arbre fleur maison voiture enfant femme homme eau ciel soleil montagne \
         plage ville vache mouton poisson pain gateau pomme un une le les et avec dans rouge bleu vert \
         jaune blanc noir",
    ),
    (
        "es",
        "perro gato caballo pajaro arbol flor casa coche nino mujer hombre agua cielo sol montana playa \
         ciudad vaca oveja pez pan pastel manzana una el los y con rojo azul verde amarillo blanco negro",
    ),
    (
        "it",
        "cane gatto cavallo uccello albero fiore macchina bambino donna uomo acqua cielo sole montagna \
         spiaggia mucca pecora pesce pane torta mela uno il gli con rosso blu giallo bianco nero",
    ),
    (
        "pt",
        "cachorro gato cavalo passaro arvore flor carro crianca mulher homem agua ceu praia cidade vaca \
         ovelha peixe bolo uma o os com vermelho azul verde amarelo branco preto",
    ),
    (
        "nl",
        "hond kat paard vogel boom bloem huis fiets kind vrouw mens zon strand stad koe schaap vis brood \
         taart appel een het met rood blauw groen geel wit zwart",
    ),
    (
        "pl",
        "pies kot ptak drzewo kwiat dom dziecko kobieta woda niebo gora morze krowa owca ryba chleb jest",
    ),
];

/// English words that keep their accents.
const ACCENTED: [&str; 12] = [
    "caf\u{e9}",
    "caf\u{e9}s",
    "jalape\u{f1}o",
    "jalape\u{f1}os",
    "cr\u{e8}me",
    "br\u{fb}l\u{e9}e",
    "pi\u{f1}ata",
    "fianc\u{e9}",
    "fianc\u{e9}e",
    "d\u{e9}cor",
    "r\u{e9}sum\u{e9}",
    "na\u{ef}ve",
];

/// Words that are English as well, whatever the lists say.
const ENGLISH: [&str; 25] = [
    "berg", "boom", "brood", "cane", "casa", "chat", "con", "der", "die", "flor", "kind", "mit",
    "o", "pain", "pan", "pane", "pies", "rot", "rouge", "sol", "sole", "strand", "un", "uno",
    "wit",
];

/// Whether a label in Latin letters looks like another language than these; BCP 47 tags.
pub fn looks_foreign(label: &str, languages: &[String]) -> bool {
    let knows = |language: &str| {
        languages
            .iter()
            .any(|tag| tag == "mul" || tag.split('-').next() == Some(language))
    };
    if languages.is_empty() || knows("mul") {
        return false;
    }
    let label = label.to_lowercase();
    let words = || {
        label
            .split(|c: char| !c.is_alphabetic())
            .filter(|word| !word.is_empty())
    };
    let listed = |word: &str| {
        !(knows("en") && ENGLISH.contains(&word))
            && WORDS.iter().any(|(language, list)| {
                !knows(language) && list.split_whitespace().any(|other| other == word)
            })
    };
    let only_english = languages.iter().all(|tag| tag.starts_with("en"));
    let accented = |word: &str| {
        let latin = |c: char| ('\u{c0}'..='\u{24f}').contains(&c);
        only_english && word.chars().any(latin) && !ACCENTED.contains(&word)
    };
    words().any(|word| listed(word) || accented(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_languages_are_noticed() {
        let tags = |all: &[&str]| all.iter().map(|&tag| tag.to_owned()).collect::<Vec<_>>();
        let english = tags(&["en"]);
        for label in [
            "Hund",
            "un chien noir",
            "gato",
            "bl\u{fc}hende Wiese",
            "kot na drzewie",
        ] {
            assert!(looks_foreign(label, &english), "{label}");
        }
        for label in [
            "a dog",
            "caf\u{e9}",
            "frying pan",
            "chat room",
            "pain",
            "person on a beach",
            "auto-rickshaw",
        ] {
            assert!(!looks_foreign(label, &english), "{label}");
        }
        assert!(!looks_foreign("Hund", &tags(&["en", "de"])));
        assert!(!looks_foreign("Hund", &tags(&["mul"])));
    }
}
