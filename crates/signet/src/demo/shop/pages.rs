//! The shop's pages: fixed texts with marked places, filled and escaped here.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use signet_domain::ProjectId;

use crate::demo::people::{AGENTS, Order, SHOP_USERS, ShopUser};
use crate::environment;

const FRAME: &str = include_str!("../../../../../web/shop/page.html");
const CATALOGUE: &str = include_str!("../../../../../web/shop/catalogue.html");
const ACCOUNT: &str = include_str!("../../../../../web/shop/account.html");
const LOGIN: &str = include_str!("../../../../../web/shop/login.html");
const NOT_FOUND: &str = include_str!("../../../../../web/shop/not-found.html");

/// The shop's pages and what they all show.
pub(super) struct Pages {
    platform_url: String,
    platform_host: String,
    site_id: String,
}

impl Pages {
    pub(super) fn new(platform_url: &str, project_id: &ProjectId) -> Self {
        let host = platform_url.split_once("://").map_or(platform_url, |(_, host)| host);
        Self {
            platform_url: platform_url.to_owned(),
            platform_host: host.to_owned(),
            site_id: project_id.to_string(),
        }
    }

    pub(super) fn catalogue(&self, user: Option<&ShopUser>) -> Response {
        self.page(StatusCode::OK, "Lamps since 1921", CATALOGUE, user)
    }

    pub(super) fn not_found(&self, user: Option<&ShopUser>) -> Response {
        self.page(StatusCode::NOT_FOUND, "Page not found", NOT_FOUND, user)
    }

    /// The sign-in page; after a failure with the login that was tried.
    pub(super) fn login(&self, tried: Option<&str>) -> Response {
        let (status, problem) = match tried {
            None => (StatusCode::OK, ""),
            Some(_) => (
                StatusCode::UNAUTHORIZED,
                r#"<p class="problem" role="alert" id="problem">That login and password do not match. Please try again.</p>"#,
            ),
        };
        let main = fill(
            LOGIN,
            &[("problem", problem), ("login", &escape(tried.unwrap_or(""))), ("accounts", &accounts())],
        );
        self.page(status, "Sign in", &main, None)
    }

    pub(super) fn account(&self, user: &ShopUser) -> Response {
        let customer = &user.customer;
        let orders: String = user.orders.iter().map(order_row).collect();
        let main = fill(
            ACCOUNT,
            &[
                ("first_name", &escape(customer.first_name)),
                ("name", &escape(&format!("{} {}", customer.first_name, customer.last_name))),
                ("email", &escape(customer.email)),
                ("phone", &escape(customer.phone_number)),
                ("address", &escape(customer.address)),
                ("town", &escape(&format!("{} {}", customer.zip_code, customer.city))),
                ("country", &escape(customer.country)),
                ("number", &escape(customer.user_id)),
                ("since", &escape(user.since)),
                ("orders", &orders),
            ],
        );
        self.page(StatusCode::OK, "Your account", &main, Some(user))
    }

    /// Puts a page into the frame they share, with a nonce of its own for the snippet.
    fn page(&self, status: StatusCode, title: &str, main: &str, user: Option<&ShopUser>) -> Response {
        let nonce = signet_token::base64url::encode(environment::system().random_bytes::<18>());
        let hello = match user {
            None => r#"<a class="pill" href="/login">Sign in</a>"#.to_owned(),
            Some(user) => format!(
                r#"<a href="/account">Hello, {}</a><form method="post" action="/logout" data-sign-out><button class="pill" type="submit">Sign out</button></form>"#,
                escape(user.customer.first_name)
            ),
        };
        let body = fill(
            FRAME,
            &[
                ("title", title),
                ("nonce", &nonce),
                ("signed_in", if user.is_some() { "true" } else { "false" }),
                ("sid", &escape(&self.site_id)),
                ("platform_host", &escape(&self.platform_host)),
                ("desk", &escape(&format!("{}/desk", self.platform_url))),
                ("hint", &hint(user)),
                ("hello", &hello),
                ("main", main),
            ],
        );
        let headers = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
            (header::CONTENT_SECURITY_POLICY, self.content_security_policy(&nonce)),
            (header::CACHE_CONTROL, "no-store".to_owned()),
            (header::REFERRER_POLICY, "same-origin".to_owned()),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        ];
        (status, headers, body).into_response()
    }

    /// As strict as a bank's: of other sites, only Signet's host, and only for scripts and frames.
    fn content_security_policy(&self, nonce: &str) -> String {
        let signet = &self.platform_url;
        format!(
            "default-src 'none'; script-src 'self' 'nonce-{nonce}' {signet}; frame-src {signet}; style-src 'self'; \
             img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
    }
}

/// What a newcomer should do next.
fn hint(user: Option<&ShopUser>) -> String {
    let (shopper, agent) = (&SHOP_USERS[0], &AGENTS[0]);
    match user {
        None => format!(
            "Write in the chat as a guest, then sign in as <kbd>{}</kbd> with password <kbd>{}</kbd>: the conversation goes on.",
            shopper.login, shopper.password
        ),
        Some(_) => format!(
            "You are signed in, and the desk shows a closed padlock. Answer there as <kbd>{}</kbd>, password <kbd>{}</kbd>.",
            agent.email, agent.password
        ),
    }
}

fn accounts() -> String {
    let row = |user: &ShopUser| {
        format!(
            "<tr><th scope=\"row\">{} {}</th><td><kbd>{}</kbd></td><td><kbd>{}</kbd></td></tr>",
            escape(user.customer.first_name),
            escape(user.customer.last_name),
            user.login,
            user.password
        )
    };
    SHOP_USERS.iter().map(row).collect()
}

fn order_row(order: &Order) -> String {
    format!(
        "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td class=\"amount\">{}</td><td><span class=\"state\">{}</span></td></tr>",
        escape(order.number),
        escape(order.date),
        escape(order.items),
        escape(order.total),
        escape(order.state)
    )
}

/// Puts values into the places marked `{{name}}`. Values are HTML already.
fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(template.len() + 512);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        filled.push_str(before);
        let Some((name, after)) = after.split_once("}}") else {
            filled.push_str("{{");
            rest = after;
            continue;
        };
        if let Some((_, value)) = values.iter().find(|(known, _)| *known == name) {
            filled.push_str(value);
        }
        rest = after;
    }
    filled.push_str(rest);
    filled
}

/// Text as it stands in HTML, between tags or in a quoted attribute.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_stays_text() {
        let page =
            fill("<b title=\"{{a}}\">{{b}}</b>{{c}}", &[("a", &escape("\"><script>")), ("b", "{{a}}")]);
        assert_eq!(page, "<b title=\"&quot;&gt;&lt;script&gt;\">{{a}}</b>");
    }
}
