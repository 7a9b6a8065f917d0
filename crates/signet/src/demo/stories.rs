//! The conversations that go on when the demo opens: who waits, who is known, who was.

use crate::demo::people::Customer;

/// One browser's story.
#[derive(Debug)]
pub(super) struct Story {
    /// For whoever reads the code or a failure.
    pub(super) title: &'static str,
    /// When it begins.
    pub(super) minutes_ago: u32,
    pub(super) steps: &'static [Step],
}

/// Something somebody does. The number is the seconds since the step before.
#[derive(Debug)]
pub(super) enum Step {
    /// The visitor writes.
    Says(u32, &'static str),
    /// The visitor signs in at the shop.
    SignsIn(u32, &'static Customer),
    /// The visitor signs out of the shop.
    SignsOut(u32),
    /// An agent, by their place in `people::AGENTS`, writes.
    Answers(u32, usize, &'static str),
    /// An agent closes the conversation.
    Closes(u32, usize),
}

impl Step {
    /// Seconds since the step before.
    pub(super) fn seconds(&self) -> u32 {
        match self {
            Self::Says(seconds, _)
            | Self::SignsIn(seconds, _)
            | Self::SignsOut(seconds)
            | Self::Answers(seconds, _, _)
            | Self::Closes(seconds, _) => *seconds,
        }
    }

    /// What kind of step it is.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Says(..) => "says",
            Self::SignsIn(..) => "signs in",
            Self::SignsOut(..) => "signs out",
            Self::Answers(..) => "answers",
            Self::Closes(..) => "closes",
        }
    }
}

use Step::{Answers, Says, SignsIn};

/// Places of the agents in `people::AGENTS`.
pub(super) const CAMILLE: usize = 0;
pub(super) const SAMIR: usize = 1;

static ELEANOR: Customer = Customer {
    user_id: "LF-084410",
    first_name: "Eleanor",
    last_name: "Hargreaves",
    email: "e.hargreaves@mail.example",
    phone_number: "+44 161 496 0731",
    address: "3 Albion Terrace",
    zip_code: "M20 2WS",
    city: "Manchester",
    country: "United Kingdom",
};
static LAYLA: Customer = Customer {
    user_id: "LF-091187",
    first_name: "ليلى",
    last_name: "الحسن",
    email: "layla.alhassan@mail.example",
    phone_number: "+212 522 00 00 61",
    address: "18 زنقة الياسمين",
    zip_code: "20250",
    city: "الدار البيضاء",
    country: "المغرب",
};
static MAXIMILIANE: Customer = Customer {
    user_id: "LF-077302",
    first_name: "Maximiliane-Theodora",
    last_name: "Freifrau von und zu Guttenhausen-Hohenwaldau",
    email: "buchhaltung@schlosshotel-hohenwaldau.example",
    phone_number: "+49 89 0000 4410",
    address: "Schlosshotel Hohenwaldau, Verwaltung, Am Schlossberg 1",
    zip_code: "83700",
    city: "Hohenwaldau am Tegernsee",
    country: "Deutschland",
};
static MATHIEU: Customer = Customer {
    user_id: "LF-095518",
    first_name: "Mathieu",
    last_name: "Lacombe",
    email: "mathieu.lacombe@courriel.example",
    phone_number: "+33 5 56 00 00 19",
    address: "9 cours de la Martinique",
    zip_code: "33000",
    city: "Bordeaux",
    country: "France",
};
static TOMASZ: Customer = Customer {
    user_id: "LF-098046",
    first_name: "Tomasz",
    last_name: "Wiśniewski",
    email: "t.wisniewski@poczta.example",
    phone_number: "+48 12 000 00 85",
    address: "ul. Długa 22/4",
    zip_code: "31-147",
    city: "Kraków",
    country: "Polska",
};
static PRIYA: Customer = Customer {
    user_id: "LF-099731",
    first_name: "Priya",
    last_name: "Raman",
    email: "priya.raman@mail.example",
    phone_number: "+44 113 496 0224",
    address: "Flat 6, Canal Mills",
    zip_code: "LS12 2QQ",
    city: "Leeds",
    country: "United Kingdom",
};
static OLIVER: Customer = Customer {
    user_id: "LF-100058",
    first_name: "Oliver",
    last_name: "Brandt",
    email: "oliver.brandt@post.example",
    phone_number: "",
    address: "Elbchaussee 118",
    zip_code: "22763",
    city: "Hamburg",
    country: "Deutschland",
};

/// All of them.
pub(super) static ALL: &[Story] = &[
    Story {
        title: "a broken shade, from somebody who is known",
        minutes_ago: 7,
        steps: &[
            SignsIn(0, &ELEANOR),
            Says(
                40,
                "Good afternoon. My Aube lamp (order LF-58177) came this morning and the glass shade is cracked along the rim.",
            ),
            Says(
                35,
                "The box itself looks fine, so it must have happened before packing. I can send photographs if that helps.",
            ),
            Answers(
                70,
                CAMILLE,
                "Good afternoon Mrs Hargreaves, I am so sorry, that is not how an Aube should arrive. One moment, I am looking at your order.",
            ),
            Says(
                55,
                "Thank you. It is a birthday present for Saturday, so I would be glad of a quick replacement rather than a refund.",
            ),
            Says(48, "Could it come by Friday?"),
        ],
    },
    Story {
        title: "will it dim",
        minutes_ago: 9,
        steps: &[
            Says(
                0,
                "Hi, does the Méridien pendant work with a trailing-edge dimmer? Mine is a Legrand 0 672 10.",
            ),
            Says(25, "It says 5 to 75 W LED on the front"),
            Answers(
                80,
                SAMIR,
                "Hello! Yes, the Méridien takes trailing-edge dimmers. What matters is the bulb: with our 6 W dimmable filament it goes down to about 8 % without flicker.",
            ),
            Says(95, "Good. And three of them on the same dimmer?"),
            Answers(
                60,
                SAMIR,
                "Three are 18 W, well inside your 75 W. You will want the bulbs of one batch so that they dim alike; we can pick them for you.",
            ),
            Says(75, "Perfect, then one last thing: how long is the cable, and can I shorten it myself?"),
        ],
    },
    Story {
        title: "delivery to Casablanca",
        minutes_ago: 14,
        steps: &[
            SignsIn(0, &LAYLA),
            Says(30, "مساء الخير، هل يمكنكم توصيل المصباح الأرضي «فيجي» إلى الدار البيضاء؟"),
            Says(45, "وكم تستغرق مدة الشحن تقريبًا؟ أحتاجه قبل نهاية الشهر."),
            Answers(
                150,
                SAMIR,
                "مساء النور سيدة ليلى، نعم نوصّل إلى الدار البيضاء خلال ستة إلى ثمانية أيام عمل، والرسوم الجمركية مشمولة في السعر.",
            ),
            Says(110, "ممتاز، شكرًا جزيلًا. وهل يأتي مع غطاء الكتان نفسه الظاهر في الصورة؟"),
        ],
    },
    Story {
        title: "a name that needs room",
        minutes_ago: 31,
        steps: &[
            SignsIn(0, &MAXIMILIANE),
            Says(
                50,
                "Guten Tag, we ordered 24 Lucarne wall lights for the east wing (LF-57801). Our accountant needs the invoice made out to the hotel, with our VAT number DE000000000, not to me personally.",
            ),
            Answers(
                140,
                CAMILLE,
                "Guten Tag! Of course. I have changed the name to Schlosshotel Hohenwaldau and added the number. The corrected invoice is on its way to buchhaltung@.",
            ),
            Says(
                240,
                "It arrived, thank you. Two small things: the delivery date on it is the order date, and the discount we agreed with Mme Marchetti is missing.",
            ),
            Answers(
                120,
                CAMILLE,
                "You are right on both. I am asking accounts to reissue it today; you will have it before six.",
            ),
            Says(
                330,
                "Very kind. In that case I wait with the transfer until then. Please also tell me whether the remaining six lights can still come this week, as the electricians leave on Thursday evening and will not be back before Advent.",
            ),
        ],
    },
    Story {
        title: "une ampoule, in French",
        minutes_ago: 22,
        steps: &[
            SignsIn(0, &MATHIEU),
            Says(
                35,
                "Bonjour, quelle ampoule dois-je prendre pour remplacer celle de ma lampe Vigie ? L’ancienne indique « E27 - 7 W - 2700 K ».",
            ),
            Answers(
                75,
                CAMILLE,
                "Bonjour Monsieur Lacombe ! La Filament 7 W ambrée, référence LF-B27-7, est exactement celle d’origine. Elle est en stock.",
            ),
            Says(60, "Et si je veux une lumière un peu moins chaude pour lire le soir ?"),
            Answers(
                85,
                CAMILLE,
                "Alors la Lecture 8 W en 3000 K : même culot, même taille, et un indice de rendu des couleurs de 95. L’abat-jour en lin adoucit beaucoup, vous ne la trouverez pas froide.",
            ),
            Says(70, "Parfait, j’en prends deux. Merci pour le conseil !"),
            Answers(40, CAMILLE, "Avec plaisir. Commandées avant 16 h, elles partent ce soir."),
        ],
    },
    Story {
        title: "identity that lapsed",
        minutes_ago: 96,
        steps: &[
            SignsIn(0, &TOMASZ),
            Says(
                45,
                "Hello, I would like to return the Lucarne I got last week, it is too bright for the hallway. The box is opened but everything is there.",
            ),
            Answers(
                120,
                SAMIR,
                "Hello Mr Wiśniewski, no problem, you have 100 days with us. Would you like your money back, or the dimmable version in exchange? It is the same price.",
            ),
            Says(180, "Oh, I did not see there was a dimmable one. Then exchange please."),
            Answers(
                90,
                SAMIR,
                "Done. The courier brings the new one and takes the old one along. To which address shall he come, the one in Kraków?",
            ),
            Says(2_400, "Sorry, I was on the phone. Is tomorrow after five possible?"),
            Answers(
                2_100,
                SAMIR,
                "Tomorrow between 17 and 19 h it is. Please sign in again when you have a moment, then I can confirm the address.",
            ),
        ],
    },
    Story {
        title: "case 3, on the telephone",
        minutes_ago: 52,
        steps: &[
            SignsIn(0, &PRIYA),
            Says(30, "Hi! How high should I hang a Méridien over a dining table? The ceiling is 2.70 m."),
            Answers(
                100,
                SAMIR,
                "Hi Priya, the lower rim at 65 to 70 cm above the table top looks best and keeps the light out of everybody's eyes. With your ceiling that is about 1.25 m of cable.",
            ),
            Says(90, "Lovely, I will measure when I am home."),
        ],
    },
    Story {
        title: "case 3, on the laptop",
        minutes_ago: 19,
        steps: &[
            Says(0, "Hello, I was chatting about a pendant earlier on my phone, do you still have that?"),
            Says(20, "It was about the cable length"),
            SignsIn(65, &PRIYA),
            Says(
                50,
                "Ah there it is. The table is 74 cm high, so 1.25 m sounds right. Can I order it cut to that?",
            ),
            Answers(
                110,
                SAMIR,
                "Yes, free of charge. Write it in the comment of the order, or tell me here and I add it.",
            ),
        ],
    },
    Story {
        title: "case 1, signs in half way",
        minutes_ago: 26,
        steps: &[
            Says(0, "Hi, where is my order? The tracking has said \"handed to carrier\" for four days."),
            Answers(
                55,
                CAMILLE,
                "Hello! I will gladly look. Would you sign in to your account? Then I can see your order and we need no order number.",
            ),
            Says(40, "sure, one second"),
            SignsIn(45, &OLIVER),
            Says(30, "Should be visible now"),
            Answers(
                70,
                CAMILLE,
                "It is, thank you Mr Brandt. The parcel is at the depot in Hamburg-Altona; the driver could not find the entrance on Elbchaussee. Is there a name on the bell?",
            ),
            Says(85, "No, just \"Hinterhaus\". You have to go through the green gate."),
            Answers(
                60,
                CAMILLE,
                "I have passed that on with the gate. New attempt tomorrow between 10 and 13 h.",
            ),
        ],
    },
    Story {
        title: "opening hours",
        minutes_ago: 2,
        steps: &[Says(0, "hi! is the workshop in rue Oberkampf open on saturdays?")],
    },
    Story {
        title: "a flicker",
        minutes_ago: 41,
        steps: &[
            Says(
                0,
                "My Vigie floor lamp has started to flicker after about ten minutes. It did not do that for two years.",
            ),
            Answers(
                90,
                SAMIR,
                "Hello, sorry to hear that. Does it stop when you switch it off for a while and come back when it is warm?",
            ),
            Says(120, "Yes exactly"),
            Answers(
                80,
                SAMIR,
                "Then it is very probably the bulb's own electronics, not the lamp. Could you try a bulb from another lamp, of at most 10 W, for half an hour?",
            ),
            Says(
                1_500,
                "Tried it with one from the kitchen: no flicker for half an hour. So it is the bulb!",
            ),
            Answers(
                100,
                SAMIR,
                "It is. They have three years of warranty, so a new one is on us. If you sign in I can send it without asking you for anything.",
            ),
        ],
    },
];
