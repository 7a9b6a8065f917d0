//! What pages report beside messages: sales, and answers to the survey.

use std::time::Duration;

use signet_app::{Activated, AppError, NewTransaction, RecordedTransaction, Satisfaction};
use signet_domain::{ConversationId, EventKind};

use crate::support::{World, context};

async fn sale(world: &World, who: &Activated, id: &str, amount: f64) -> RecordedTransaction {
    let reported = NewTransaction::parse(id, amount).unwrap();
    world.app.record_transaction(&world.session(who), reported, &context()).await.unwrap()
}

#[tokio::test]
async fn a_sale_counts_once_and_for_the_conversation_it_came_from() {
    let world = World::new().await;
    let guest = world.guest().await;
    let nothing = RecordedTransaction { stored: false, duplicate: false, conversation_id: None };
    assert_eq!(sale(&world, &guest, "order-1", 49.95).await, nothing, "nothing is stored of a silent guest");
    let id = world.say(&guest, "Does it fit?").await.conversation_id;
    let credited = |id| RecordedTransaction { stored: true, duplicate: false, conversation_id: Some(id) };
    assert_eq!(sale(&world, &guest, "order-1", 49.95).await, credited(id));
    let jane = world.sign_in("jane").await;
    let again = RecordedTransaction { stored: true, duplicate: true, conversation_id: None };
    assert_eq!(sale(&world, &jane, "order-1", 12.0).await, again, "whose it was is not told");
    let without = RecordedTransaction { stored: true, duplicate: false, conversation_id: None };
    assert_eq!(sale(&world, &jane, "order-2", -3.5).await, without, "a person without a conversation");

    world.app.close_conversation(&world.agent, id).await.unwrap();
    world.pass(Duration::from_hours(12));
    let guest = world
        .activate(signet_app::ActivationRequest {
            device: guest.device.clone(),
            ..crate::support::anonymous()
        })
        .await
        .unwrap();
    assert_eq!(sale(&world, &guest, "order-3", 0.000_001).await, credited(id));
    world.pass(Duration::from_hours(36));
    let guest = world
        .activate(signet_app::ActivationRequest {
            device: guest.device.clone(),
            ..crate::support::anonymous()
        })
        .await
        .unwrap();
    assert_eq!(sale(&world, &guest, "order-4", 1.0).await, credited(id), "48 h are not over before they are");
    world.pass(Duration::from_millis(1));
    assert_eq!(sale(&world, &guest, "order-5", 1.0).await, without);

    let found = world.app.transactions_of_conversation(&world.agent, id).await.unwrap();
    let sold: Vec<_> = found.iter().map(|sale| (sale.external_id.as_str(), sale.amount_millionths)).collect();
    assert_eq!(sold, [("order-4", 1_000_000), ("order-3", 1), ("order-1", 49_950_000)]);
    let of_jane = world.app.transactions_of_visitor(&world.agent, jane.session.visitor_id).await.unwrap();
    assert_eq!(of_jane.len(), 1);
    let events = world.events().await;
    let attributed = events.iter().filter(|event| event.kind == EventKind::TransactionAttributed);
    let subjects: Vec<_> = attributed.filter_map(|event| event.subject).collect();
    assert_eq!(subjects.len(), 3);
    assert!(subjects.contains(&found[0].id));
}

#[test]
fn what_is_no_sale_is_refused() {
    let long = "x".repeat(256);
    for (id, amount) in [("", 1.0), (&long, 1.0), ("a\u{7}", 1.0), ("a", 1e9 + 1.0), ("a", f64::NAN)] {
        assert_eq!(NewTransaction::parse(id, amount).err().unwrap().code(), "TRANSACTION_INVALID");
    }
}

#[tokio::test]
async fn a_survey_is_answered_click_by_click_after_the_end() {
    let world = World::new().await;
    let (jane, john) = (world.sign_in("jane").await, world.sign_in("john").await);
    let id = world.say(&jane, "Thank you!").await.conversation_id;
    let stars = |stars| Satisfaction { customer_satisfaction: Some(stars), ..Satisfaction::default() };
    let answer = async |who: &Activated, id: ConversationId, answers| {
        world.app.answer_survey(&world.session(who), id, answers, &context()).await
    };
    assert_eq!(answer(&jane, id, stars(5)).await.unwrap_err().code(), "CONVERSATION_ONGOING");
    world.app.close_conversation(&world.agent, id).await.unwrap();
    assert!(matches!(answer(&john, id, stars(1)).await, Err(AppError::NotFound)));
    for bad in [
        stars(0),
        stars(6),
        Satisfaction::default(),
        Satisfaction { net_promoter_score: Some(11), ..Satisfaction::default() },
        Satisfaction { comment: Some(" ".into()), ..Satisfaction::default() },
        Satisfaction { comment: Some("x".repeat(1_001)), ..Satisfaction::default() },
    ] {
        assert_eq!(answer(&jane, id, bad).await.unwrap_err().code(), "SATISFACTION_INVALID");
    }
    assert_eq!(world.app.satisfaction(&world.agent, id).await.unwrap(), None);
    answer(&jane, id, stars(3)).await.unwrap();
    world.pass(Duration::from_secs(5));
    let rest = Satisfaction {
        net_promoter_score: Some(9),
        comment: Some("Quick.".into()),
        ..Satisfaction::default()
    };
    answer(&jane, id, rest).await.unwrap();
    answer(&jane, id, stars(4)).await.unwrap();
    let expected = Satisfaction {
        customer_satisfaction: Some(4),
        net_promoter_score: Some(9),
        comment: Some("Quick.".into()),
    };
    assert_eq!(world.app.satisfaction(&world.agent, id).await.unwrap(), Some((expected, world.now())));
    let answered = world.events().await;
    let answered = answered.iter().filter(|event| event.kind == EventKind::SatisfactionAnswered);
    assert_eq!(answered.count(), 3, "an event for each click");
}
