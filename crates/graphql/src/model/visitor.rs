//! People on the brand's site.

use async_graphql::{Context, Enum, InputObject, Object, Result, SimpleObject};
use signet_app::{ConversationFilter, VisitorFilter};
use signet_domain::{Attribute, AttributeName, CustomDatum, Scope, Visitor};

use super::ConversationNode;
use super::message::Assurance;
use super::report::TransactionNode;
use crate::call::Call;
use crate::page::{Connection, PageArguments, page_cost};
use crate::scalars::{DateTime, Uuid};

#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "signet_domain::AttributeSource")]
pub(crate) enum AttributeSource {
    /// A verified token.
    Token,
    /// The page, without proof.
    Page,
    /// An agent wrote it.
    Agent,
}

#[derive(SimpleObject)]
pub(crate) struct VisitorAttribute {
    name: String,
    value: String,
    source: AttributeSource,
    updated_at: DateTime,
}

impl From<&Attribute> for VisitorAttribute {
    fn from(attribute: &Attribute) -> Self {
        Self {
            name: attribute.name.as_str().to_owned(),
            value: attribute.value.clone(),
            source: attribute.source.into(),
            updated_at: attribute.updated_at.into(),
        }
    }
}

#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "signet_domain::CustomDataType")]
pub(crate) enum CustomDataType {
    String,
    Number,
    Boolean,
}

/// One thing that the page says of its visitor (`window.idzCustomData`): claimed, never proved.
#[derive(SimpleObject)]
pub(crate) struct CustomData {
    /// The page's name for it.
    key: String,
    /// As text.
    value: String,
    r#type: CustomDataType,
    /// Always `PAGE`.
    source: AttributeSource,
    updated_at: DateTime,
}

impl From<&CustomDatum> for CustomData {
    fn from(datum: &CustomDatum) -> Self {
        Self {
            key: datum.key.clone(),
            value: datum.value.clone(),
            r#type: datum.kind.into(),
            source: AttributeSource::Page,
            updated_at: datum.updated_at.into(),
        }
    }
}

#[derive(InputObject)]
#[graphql(name = "VisitorFilter")]
pub(crate) struct VisitorFilterInput {
    external_user_id: Option<String>,
    assurance: Option<Assurance>,
}

impl From<VisitorFilterInput> for VisitorFilter {
    fn from(input: VisitorFilterInput) -> Self {
        Self {
            external_user_id: input.external_user_id,
            assurance: input.assurance.map(signet_domain::Assurance::from),
        }
    }
}

pub(crate) struct VisitorNode(pub(crate) Visitor);

#[Object(name = "Visitor")]
impl VisitorNode {
    /// May change at sign-in and sign-out.
    async fn visitor_id(&self) -> Uuid {
        Uuid(self.0.id.as_uuid())
    }

    /// The brand's id for the person (`userId` of the token), which never changes. Null for anonymous visitors.
    async fn external_user_id(&self) -> Option<&str> {
        self.0.external_user_id.as_deref()
    }

    /// What the page called them (`extID`), without proof. Null for verified visitors.
    async fn claimed_id(&self) -> Option<&str> {
        self.0.claimed_id.as_deref()
    }

    /// The newest 100 sales that pages reported of them, newest first.
    #[graphql(complexity = "20 + 5 * child_complexity")]
    async fn transactions(&self, ctx: &Context<'_>) -> Result<Vec<TransactionNode>> {
        let call = Call::of(ctx)?;
        let found = call.app.transactions_of_visitor(&call.caller, self.0.id).await;
        Ok(found.map_err(|error| call.error(&error))?.into_iter().map(TransactionNode).collect())
    }

    /// Since when nothing here names anybody, and nobody can come back to it.
    async fn anonymized_at(&self) -> Option<DateTime> {
        self.0.anonymized_at.map(DateTime)
    }

    async fn assurance(&self) -> Assurance {
        self.0.assurance.into()
    }

    async fn verified_at(&self) -> Option<DateTime> {
        self.0.verified_at.map(DateTime)
    }

    async fn address(&self) -> Option<&str> {
        self.0.attribute(AttributeName::Address)
    }

    async fn city(&self) -> Option<&str> {
        self.0.attribute(AttributeName::City)
    }

    async fn country(&self) -> Option<&str> {
        self.0.attribute(AttributeName::Country)
    }

    async fn email(&self) -> Option<&str> {
        self.0.attribute(AttributeName::Email)
    }

    async fn first_name(&self) -> Option<&str> {
        self.0.attribute(AttributeName::FirstName)
    }

    async fn last_name(&self) -> Option<&str> {
        self.0.attribute(AttributeName::LastName)
    }

    async fn phone_number(&self) -> Option<&str> {
        self.0.attribute(AttributeName::PhoneNumber)
    }

    async fn zip_code(&self) -> Option<&str> {
        self.0.attribute(AttributeName::ZipCode)
    }

    /// What the page said of them last, without proof, ordered by key; at most 50. `cust_email` and `cust_name` stand in `attributes` too,
    /// unless a token or an agent says otherwise.
    #[graphql(complexity = "10 * child_complexity")]
    async fn custom_data(&self) -> Vec<CustomData> {
        self.0.custom_data.as_slice().iter().map(CustomData::from).collect()
    }

    /// The same eight, with where each came from. Those fields leave out what only the page says of a verified visitor.
    #[graphql(complexity = "8 * child_complexity")]
    async fn attributes(&self) -> Vec<VisitorAttribute> {
        self.0.attributes.iter().map(VisitorAttribute::from).collect()
    }

    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    async fn updated_at(&self) -> DateTime {
        self.0.updated_at.into()
    }

    /// Newest activity first.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn conversations(
        &self,
        ctx: &Context<'_>,
        after: Option<String>,
        before: Option<String>,
        first: Option<i32>,
        last: Option<i32>,
    ) -> Result<Connection<ConversationNode>> {
        let call = Call::of(ctx)?;
        call.require(self.0.project_id.as_str(), Scope::ConversationsRead)?;
        let page =
            PageArguments { after, before, first, last }.request().map_err(|error| call.error(&error))?;
        let filter = ConversationFilter { visitor_id: Some(self.0.id), ..Default::default() };
        let projects = Some(vec![self.0.project_id.clone()]);
        let found = call.app.conversations(&call.caller, projects, filter, false, &page).await;
        Ok(Connection::new(found.map_err(|error| call.error(&error))?, ConversationNode::from))
    }
}
