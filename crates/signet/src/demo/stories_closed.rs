//! The conversations of the past week, all closed.

use crate::demo::people::Customer;
use crate::demo::stories::{CAMILLE, SAMIR, Step, Story};

use Step::{Answers, Closes, Says, SignsIn, SignsOut};

/// Minutes in a day.
const DAY: u32 = 24 * 60;

static JUN: Customer = Customer {
    user_id: "LF-093320",
    first_name: "Jun",
    last_name: "Takahashi",
    email: "jun.takahashi@mail.example",
    phone_number: "+31 20 000 0148",
    address: "Prinsengracht 611-B",
    zip_code: "1016 HT",
    city: "Amsterdam",
    country: "Nederland",
};
static GIULIA: Customer = Customer {
    user_id: "LF-096604",
    first_name: "Giulia",
    last_name: "Ferrante",
    email: "giulia.ferrante@posta.example",
    phone_number: "+39 011 000 0337",
    address: "Via della Rocca 41",
    zip_code: "10123",
    city: "Torino",
    country: "Italia",
};
static SAOIRSE: Customer = Customer {
    user_id: "LF-088259",
    first_name: "Saoirse",
    last_name: "O’Callaghan",
    email: "saoirse.oc@mail.example",
    phone_number: "+353 21 000 0962",
    address: "12 Summerhill North",
    zip_code: "T23 E6TD",
    city: "Cork",
    country: "Ireland",
};
static BASTIEN: Customer = Customer {
    user_id: "LF-071145",
    first_name: "Bastien",
    last_name: "Kerouédan",
    email: "bastien@bistrot-du-quai.example",
    phone_number: "+33 2 98 00 00 57",
    address: "Le Bistrot du Quai, 4 quai de Cornouaille",
    zip_code: "29900",
    city: "Concarneau",
    country: "France",
};
static ANNEKE: Customer = Customer {
    user_id: "LF-082974",
    first_name: "Anneke",
    last_name: "de Wit",
    email: "anneke.dewit@post.example",
    phone_number: "",
    address: "Botermarkt 17",
    zip_code: "9000",
    city: "Gent",
    country: "België",
};

/// All of them.
pub(super) static ALL: &[Story] = &[
    Story {
        title: "gift wrapping",
        minutes_ago: DAY + 75,
        steps: &[
            Says(0, "Hello, do you do gift wrapping? And can the price be left off?"),
            Answers(
                60,
                CAMILLE,
                "Hello! We do, in our blue paper with a handwritten card, for € 6. The delivery note never shows prices.",
            ),
            Says(50, "Wonderful, thank you. I'll tick that then."),
            Answers(45, CAMILLE, "Do, it is the box just above the address. A lovely day to you!"),
            Closes(120, CAMILLE),
        ],
    },
    Story {
        title: "another delivery slot",
        minutes_ago: DAY + 290,
        steps: &[
            SignsIn(0, &JUN),
            Says(
                35,
                "Could you move my delivery from Thursday to Friday? Nobody will be at home on Thursday.",
            ),
            Answers(
                95,
                SAMIR,
                "Good morning! Friday works, between 9 and 12. Would you like a message when the driver is half an hour away?",
            ),
            Says(60, "Yes please, by text message."),
            Answers(40, SAMIR, "Noted. Have a good day, and enjoy the lamp."),
            SignsOut(80),
            Closes(200, SAMIR),
        ],
    },
    Story {
        title: "a return label",
        minutes_ago: 2 * DAY + 140,
        steps: &[
            SignsIn(0, &GIULIA),
            Says(40, "Buongiorno, the return label in my account opens an empty page. Order LF-57512."),
            Answers(
                110,
                CAMILLE,
                "Buongiorno Giulia! Sorry about that, the label was made for another carrier. I have made a new one; please reload the page.",
            ),
            Says(75, "Now it works, grazie mille."),
            Answers(50, CAMILLE, "Grazie a te. The refund comes within two days after we have the parcel."),
            Closes(90, CAMILLE),
        ],
    },
    Story {
        title: "the wrong bulb",
        minutes_ago: 2 * DAY + 410,
        steps: &[
            Says(0, "I ordered E14 candles and got E27. What now?"),
            Answers(
                70,
                SAMIR,
                "Oh no, that is our mistake. Keep those, I send you the right ones today. May I ask you to sign in, so that I find the order?",
            ),
            SignsIn(90, &SAOIRSE),
            Says(30, "Done! And thanks a million, that's very decent of you."),
            Answers(85, SAMIR, "Four E14 candles, 4 W, 2700 K are packed. You will have them on Wednesday."),
            SignsOut(150),
            Closes(60, SAMIR),
        ],
    },
    Story {
        title: "a lamp from 1954",
        minutes_ago: 3 * DAY + 200,
        steps: &[
            Says(
                0,
                "My grandmother left me one of your lamps, there is \"Lumen & Fils 1954\" stamped under the foot. The switch is broken and the cable looks dangerous. Do you still repair those?",
            ),
            Answers(
                130,
                CAMILLE,
                "What a treasure! Yes: every lamp we ever made can come home to the workshop. Please don't switch it on any more. A new cable, plug and switch are € 65, and it comes back tested.",
            ),
            Says(110, "That's less than I feared. How do I send it?"),
            Answers(
                70,
                CAMILLE,
                "We send you a box made for it, with the label inside. If you create an account and write to us again from there, we have the address and you are done.",
            ),
            Says(60, "I will tonight. She would have been so pleased!"),
            Closes(300, CAMILLE),
        ],
    },
    Story {
        title: "lights for a bistro",
        minutes_ago: 4 * DAY + 95,
        steps: &[
            SignsIn(0, &BASTIEN),
            Says(
                50,
                "Bonjour, nous refaisons la salle : il nous faudrait 14 suspensions Méridien en verre fumé avant le 15 décembre. Est-ce faisable ?",
            ),
            Answers(
                160,
                SAMIR,
                "Bonjour Monsieur Kerouédan, oui : huit sont en stock et les six autres sortent de l’atelier le 4 décembre. Je vous prépare un devis avec le tarif professionnel.",
            ),
            Says(130, "Très bien. On peut payer la moitié à la commande ?"),
            Answers(
                80,
                SAMIR,
                "Bien sûr, 50 % à la commande et le solde à trente jours. Le devis est dans votre compte.",
            ),
            Says(200, "Reçu et signé. Merci !"),
            Closes(100, SAMIR),
        ],
    },
    Story {
        title: "is it safe in a bathroom",
        minutes_ago: 5 * DAY + 320,
        steps: &[
            Says(0, "can i hang the lucarne next to the bathroom mirror"),
            Answers(
                55,
                CAMILLE,
                "Hello! Yes, from 60 cm away from the bath or shower: the Lucarne is IP44. Right above the basin is fine.",
            ),
            Says(30, "cool thx"),
            Closes(45, CAMILLE),
        ],
    },
    Story {
        title: "a warranty",
        minutes_ago: 6 * DAY + 180,
        steps: &[
            SignsIn(0, &ANNEKE),
            Says(
                45,
                "Hi, the hinge of my Équerre desk lamp no longer holds, it sinks slowly. I bought it in spring 2024.",
            ),
            Answers(
                105,
                SAMIR,
                "Hello Anneke, our joints are guaranteed for ten years. Is it the upper or the lower one?",
            ),
            Says(65, "The lower one, at the foot."),
            Answers(
                75,
                SAMIR,
                "Then it is only the friction washer. I send you a set with a small key; it takes two minutes and there is a drawing with it. If you would rather not, we collect the lamp.",
            ),
            Says(90, "I can manage that. Great service!"),
            Closes(150, SAMIR),
        ],
    },
];
