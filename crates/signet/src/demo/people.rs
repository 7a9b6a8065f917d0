//! Everybody in the demo: the shop's customers, the brand's agents, and the people of the conversations that are there
//! already. All of them are made up.

use serde_json::{Map, Value, json};
use signet_domain::Role;
use signet_domain::Timestamp;

use std::time::Duration;

/// The claim prefix of a new project.
const CLAIM_PREFIX: &str = "https://iadvize.com/";
/// Who issues the shop's tokens.
const ISSUER: &str = "https://lumen-et-fils.example";

/// Somebody with an account at the shop.
#[derive(Debug, Clone, Copy)]
pub(super) struct Customer {
    pub(super) user_id: &'static str,
    pub(super) first_name: &'static str,
    pub(super) last_name: &'static str,
    pub(super) email: &'static str,
    pub(super) phone_number: &'static str,
    pub(super) address: &'static str,
    pub(super) zip_code: &'static str,
    pub(super) city: &'static str,
    pub(super) country: &'static str,
}

impl Customer {
    /// The claims of a visitor token (PRODUCT section 3), as the shop's backend writes them.
    pub(super) fn claims(&self, now: Timestamp, lifetime: Duration) -> String {
        let members = [
            ("firstName", self.first_name),
            ("lastName", self.last_name),
            ("email", self.email),
            ("phoneNumber", self.phone_number),
            ("address", self.address),
            ("zipCode", self.zip_code),
            ("city", self.city),
            ("country", self.country),
        ];
        // What the shop does not know it leaves out.
        let data: Map<String, Value> = members
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name.to_owned(), value.into()))
            .collect();
        let mut claims = json!({
            "iss": ISSUER,
            "iat": now.as_seconds(),
            "exp": now.after(lifetime).as_seconds(),
        });
        claims[format!("{CLAIM_PREFIX}userId")] = self.user_id.into();
        claims[format!("{CLAIM_PREFIX}visitorData")] = Value::Object(data);
        claims.to_string()
    }
}

/// An order in a customer's account.
#[derive(Debug, Clone, Copy)]
pub(super) struct Order {
    pub(super) number: &'static str,
    pub(super) date: &'static str,
    pub(super) items: &'static str,
    pub(super) total: &'static str,
    pub(super) state: &'static str,
}

/// A customer who can sign in at the shop.
#[derive(Debug)]
pub(super) struct ShopUser {
    pub(super) login: &'static str,
    pub(super) password: &'static str,
    pub(super) customer: Customer,
    pub(super) since: &'static str,
    pub(super) orders: &'static [Order],
}

/// The shop's three accounts. They have no conversations yet: those are the newcomer's to begin.
pub(super) const SHOP_USERS: [ShopUser; 3] = [
    ShopUser {
        login: "jane",
        password: "candela-1921",
        customer: Customer {
            user_id: "LF-100241",
            first_name: "Jane",
            last_name: "Whitfield",
            email: "jane.whitfield@mail.example",
            phone_number: "+44 20 7946 0018",
            address: "14 Wharf Lane",
            zip_code: "BS1 4RB",
            city: "Bristol",
            country: "United Kingdom",
        },
        since: "2019",
        orders: &[
            Order {
                number: "LF-58213",
                date: "12 November 2026",
                items: "Aube table lamp, brass",
                total: "€ 189.00",
                state: "On its way",
            },
            Order {
                number: "LF-55790",
                date: "3 June 2026",
                items: "2 × Filament bulb E27, 4 W",
                total: "€ 23.80",
                state: "Delivered",
            },
        ],
    },
    ShopUser {
        login: "omar",
        password: "filament-1921",
        customer: Customer {
            user_id: "LF-100377",
            first_name: "Omar",
            last_name: "Benali",
            email: "omar.benali@mail.example",
            phone_number: "+33 4 91 00 00 42",
            address: "27 rue des Catalans",
            zip_code: "13007",
            city: "Marseille",
            country: "France",
        },
        since: "2022",
        orders: &[Order {
            number: "LF-58102",
            date: "8 November 2026",
            items: "Méridien pendant, smoked glass",
            total: "€ 245.00",
            state: "Delivered",
        }],
    },
    ShopUser {
        login: "ingrid",
        password: "abat-jour-1921",
        customer: Customer {
            user_id: "LF-100529",
            first_name: "Ingrid",
            last_name: "Solheim",
            email: "ingrid.solheim@mail.example",
            phone_number: "+47 21 00 00 73",
            address: "Nygårdsgaten 5",
            zip_code: "5015",
            city: "Bergen",
            country: "Norway",
        },
        since: "2024",
        orders: &[
            Order {
                number: "LF-57944",
                date: "29 October 2026",
                items: "Vigie floor lamp; linen shade 45 cm",
                total: "€ 412.00",
                state: "Delivered",
            },
            Order {
                number: "LF-56318",
                date: "17 August 2026",
                items: "Lucarne wall light",
                total: "€ 128.00",
                state: "Returned",
            },
        ],
    },
];

/// Somebody who signs in at the desk.
#[derive(Debug)]
pub(super) struct DeskUser {
    pub(super) email: &'static str,
    pub(super) password: &'static str,
    pub(super) name: &'static str,
    pub(super) role: Role,
}

/// The administrator.
pub(super) const ADMIN: DeskUser = DeskUser {
    email: "admin@lumen.example",
    password: "lumen-admin-1921",
    name: "Hélène Marchetti",
    role: Role::Owner,
};

/// The agents. The stories name them by their place.
pub(super) const AGENTS: [DeskUser; 2] = [
    DeskUser {
        email: "camille@lumen.example",
        password: "lumen-desk-1921",
        name: "Camille Rousseau",
        role: Role::Agent,
    },
    DeskUser {
        email: "samir@lumen.example",
        password: "lumen-desk-1921",
        name: "Samir Haddad",
        role: Role::Agent,
    },
];
