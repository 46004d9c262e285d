//! People are taken in by two decisions; a start that ends between them leaves nothing that blocks.

use store::Merchant;

use super::rig::Rig;
use super::{on_both, rig};
use crate::NewOperator;
use crate::rows::{Login, Operator, Role};

on_both! {
    async fn a_person_taken_in_by_half_is_taken_in_again(rig) {
        let who = rig.who.clone();
        let tenant = who.merchant.0;
        let half = move |view: &mut store::View| {
            let operator = view.id();
            view.add(Login { name: "jun".into(), tenant, operator, failed: 0, locked_until: None });
            Ok(operator)
        };
        let id = rig.desk.decide(Merchant::DIRECTORY, half).await.unwrap();
        let person = NewOperator { name: "jun".into(), password: "long enough".into(), role: Role::Owner };
        assert_eq!(rig.desk.create_operator(&who, person).await.unwrap().id, id);
        let found = rig.desk.decide(who.merchant, move |view| Ok(view.get::<Operator>(id)?)).await.unwrap();
        assert!(found.is_some());
        assert_eq!(rig.desk.sign_in("jun", "long enough").await.unwrap().operator.id, id);
    }
}
