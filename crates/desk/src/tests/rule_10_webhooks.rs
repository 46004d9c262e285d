//! Rule 10 for endpoints: every event is delivered at least once or visibly parked, whatever the endpoint does.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use store::Id;

use super::on_both;
use super::rig::{self, Rig};
use crate::hooks::{NewEndpoint, Post, Posted, Signed, sign};
use crate::rows::Standing;

/// An endpoint that answers what it is told to, and remembers what it took.
#[derive(Default)]
struct Far {
    answers: Mutex<Vec<u16>>,
    always: Mutex<Option<u16>>,
    taken: Mutex<BTreeMap<String, u32>>,
    calls: Mutex<u32>,
    secret: Mutex<String>,
    /// Events up to this number it never takes, and how it says so.
    never: Mutex<(i64, u16)>,
}

#[async_trait::async_trait]
impl Post for Far {
    async fn post(&self, _url: &str, headers: &Signed, body: String) -> Posted {
        *self.calls.lock().unwrap() += 1;
        let right =
            sign(&self.secret.lock().unwrap(), &headers.id, store::Millis(headers.timestamp * 1000), &body);
        assert_eq!(right.signature, headers.signature);
        let number = headers.id.rsplit('_').next().unwrap().parse::<i64>().unwrap();
        let (upto, status) = *self.never.lock().unwrap();
        if number <= upto {
            return Posted::Answered(status);
        }
        let status = self.answers.lock().unwrap().pop().or(*self.always.lock().unwrap()).unwrap_or(200);
        if status == 0 {
            return Posted::Silent("no answer".to_owned());
        }
        if status < 300 {
            *self.taken.lock().unwrap().entry(headers.id.clone()).or_default() += 1;
        }
        Posted::Answered(status)
    }
}

async fn endpoint(rig: &Rig, far: &Far) -> Id {
    endpoint_after(rig, far, 0).await
}

async fn endpoint_after(rig: &Rig, far: &Far, after: i64) -> Id {
    let new = NewEndpoint { url: "http://127.0.0.1:9/hook".to_owned(), after: Some(after) };
    let row = rig.desk.create_endpoint(&rig.who, &rig.key(), new).await.unwrap();
    *far.secret.lock().unwrap() = row.secret.clone();
    row.id
}

/// An endpoint that has been told of five orders, and the number of the last event.
async fn five_told(rig: &Rig) -> (Arc<Far>, Id, i64) {
    let far = Arc::new(Far::default());
    let id = endpoint(rig, &far).await;
    for fen in 1..=5 {
        rig.order(fen).await;
    }
    let network: Arc<dyn Post> = far.clone();
    pass(rig, &network, 2).await;
    (far, id, i64::try_from(last(rig).await).unwrap())
}

/// A network on which somebody asks for a replay while the first message is under way.
struct Meddled {
    far: Arc<Far>,
    desk: crate::Desk,
    who: crate::Who,
    endpoint: Id,
    after: i64,
    done: Mutex<bool>,
}

#[async_trait::async_trait]
impl Post for Meddled {
    async fn post(&self, url: &str, headers: &Signed, body: String) -> Posted {
        let answer = self.far.post(url, headers, body).await;
        let first = !std::mem::replace(&mut *self.done.lock().unwrap(), true);
        if first {
            self.desk.set_endpoint(&self.who, self.endpoint, Standing::On, Some(self.after)).await.unwrap();
        }
        answer
    }
}

async fn pass(rig: &Rig, network: &Arc<dyn Post>, minutes: u64) {
    for _ in 0..minutes {
        rig.clock.advance(Duration::from_secs(60));
        rig.desk.post_round(network).await.unwrap();
    }
}

async fn last(rig: &Rig) -> usize {
    rig.desk.events(&rig.who, 0, 1000).await.unwrap().len()
}

on_both! {
    async fn rule_10_every_event_is_taken_once_it_can_be(rig) {
        let far = Arc::new(Far::default());
        endpoint(&rig, &far).await;
        *far.answers.lock().unwrap() = vec![200, 500, 0, 404, 200, 503];
        for fen in 1..=6 {
            let order = rig.order(fen).await;
            rig.scan(order, "00").await;
        }
        let network: Arc<dyn Post> = far.clone();
        pass(&rig, &network, 30).await;
        let taken = far.taken.lock().unwrap().clone();
        assert_eq!(taken.len(), last(&rig).await, "each event");
        assert!(taken.values().all(|n| *n == 1), "once, since every answer was heard");
        assert!(rig.desk.parked_deliveries(&rig.who).await.unwrap().is_empty());
    }

    async fn rule_10_an_endpoint_that_never_answers_ends_parked_and_can_be_repeated(rig) {
        let far = Arc::new(Far::default());
        let id = endpoint(&rig, &far).await;
        rig.order(1).await;
        *far.always.lock().unwrap() = Some(500);
        let network: Arc<dyn Post> = far.clone();
        pass(&rig, &network, 40 * 60).await;
        let events = last(&rig).await;
        let parked = rig.desk.parked_deliveries(&rig.who).await.unwrap();
        assert_eq!(parked.len(), events);
        assert!(parked.iter().all(|d| d.tries == 17), "the first and sixteen repetitions");
        *far.always.lock().unwrap() = None;
        for delivery in parked {
            rig.desk.resend(&rig.who, id, delivery.seq).await.unwrap();
        }
        pass(&rig, &network, 15).await;
        assert_eq!(far.taken.lock().unwrap().len(), events);
        assert!(rig.desk.parked_deliveries(&rig.who).await.unwrap().is_empty());
    }

    async fn rule_10_the_breaker_opens_and_closes_again(rig) {
        let far = Arc::new(Far::default());
        endpoint(&rig, &far).await;
        for fen in 1..=20 {
            rig.order(fen).await;
        }
        *far.always.lock().unwrap() = Some(503);
        let network: Arc<dyn Post> = far.clone();
        rig.desk.post_round(&network).await.unwrap();
        let shut = *far.calls.lock().unwrap();
        pass(&rig, &network, 4).await;
        assert_eq!(*far.calls.lock().unwrap(), shut, "left alone");
        pass(&rig, &network, 2).await;
        assert_eq!(*far.calls.lock().unwrap(), shut + 1, "tried with one");
        *far.always.lock().unwrap() = None;
        pass(&rig, &network, 30).await;
        let events = last(&rig).await;
        assert_eq!(far.taken.lock().unwrap().len(), events);
    }

    /// The breaker is about the endpoint: events that it never takes do not keep it shut for those that it does.
    async fn rule_10_what_is_never_taken_does_not_hold_up_the_rest(rig) {
        // A refusal is about the event; an error may be about the endpoint, and then it is left alone until something is taken.
        for (never, status, wait) in [(60, 422, 1), (20, 500, 6)] {
            let far = Arc::new(Far::default());
            let before = last(&rig).await as i64;
            let id = endpoint_after(&rig, &far, before).await;
            *far.never.lock().unwrap() = (before + never, status);
            let network: Arc<dyn Post> = far.clone();
            for fen in 1..=never {
                rig.order(fen).await;
            }
            pass(&rig, &network, 30).await;
            assert_eq!(far.taken.lock().unwrap().len(), 0);
            for fen in 1..=100 {
                rig.order(fen).await;
            }
            pass(&rig, &network, wait).await;
            assert_eq!(far.taken.lock().unwrap().len(), 100, "{status}: one success closes it, and the rest flows");
            rig.desk.set_endpoint(&rig.who, id, Standing::Off, None).await.unwrap();
        }
    }

    /// As the channels do it: sixteen repetitions, the last a day after the first post.
    async fn rule_10_repeated_sixteen_times_over_a_day(rig) {
        let far = Arc::new(Far::default());
        endpoint(&rig, &far).await;
        *far.never.lock().unwrap() = (1, 400);
        rig.order(1).await;
        rig.order(2).await;
        let network: Arc<dyn Post> = far.clone();
        let began = rig.now();
        rig.desk.post_round(&network).await.unwrap();
        while rig.desk.parked_deliveries(&rig.who).await.unwrap().is_empty() {
            pass(&rig, &network, 1).await;
            assert!(rig.now().since(began) < Duration::from_secs(26 * 3600), "it never ends");
        }
        let parked = rig.desk.parked_deliveries(&rig.who).await.unwrap();
        assert_eq!((parked.len(), parked[0].tries), (1, 17));
        let hours = rig.now().since(began).as_secs() / 3600;
        assert_eq!(hours, 24);
    }

    async fn rule_10_replay_from_a_point(rig) {
        let (far, id, events) = five_told(&rig).await;
        let network: Arc<dyn Post> = far.clone();
        rig.desk.set_endpoint(&rig.who, id, Standing::On, Some(events - 2)).await.unwrap();
        pass(&rig, &network, 2).await;
        let twice = far.taken.lock().unwrap().values().filter(|n| **n == 2).count();
        assert_eq!(twice, 2);
    }

    /// The answers of a round that was under way must not move the cursor over what was asked for again; also where the replay sets the cursor
    /// to where it stands (found by a simulated day).
    async fn rule_10_a_replay_asked_for_during_a_round_is_done(rig) {
        for from_here in [false, true] {
            let (far, endpoint, before) = five_told(&rig).await;
            rig.order(6).await;
            let (desk, who) = (rig.desk.clone(), rig.who.clone());
            let after = if from_here { before } else { 0 };
            let network: Arc<dyn Post> =
                Arc::new(Meddled { far: far.clone(), desk, who, endpoint, after, done: Mutex::default() });
            pass(&rig, &network, 3).await;
            let taken = far.taken.lock().unwrap().clone();
            let number = |id: &str| id.rsplit('_').next().unwrap().parse::<i64>().unwrap();
            let again = taken.iter().filter(|(id, _)| number(id) > after);
            assert!(again.clone().count() > 0 && again.clone().all(|(_, times)| *times >= 2), "after {after}: {taken:?}");
            rig.desk.set_endpoint(&rig.who, endpoint, Standing::Off, None).await.unwrap();
        }
    }
}
