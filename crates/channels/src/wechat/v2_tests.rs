//! What v2's two layers say, by table.

use desk::channel::{Reversal, Trouble};

use super::{Fields, refused_message, undone};

#[test]
fn every_answer_to_a_reversal_has_its_meaning() {
    enum Want {
        Is(Reversal),
        Refused,
        Unknown,
    }
    use Want::{Is, Refused, Unknown};
    let cases = [
        ("SUCCESS", "N", "", Is(Reversal::Reversed)),
        ("SUCCESS", "", "", Is(Reversal::Reversed)),
        ("SUCCESS", "Y", "", Is(Reversal::Again)),
        ("FAIL", "Y", "SYSTEMERROR", Is(Reversal::Again)),
        ("FAIL", "N", "SYSTEMERROR", Unknown),
        ("FAIL", "N", "BANKERROR", Unknown),
        ("FAIL", "N", "USERPAYING", Is(Reversal::Again)),
        ("FAIL", "N", "REVERSE_EXPIRE", Is(Reversal::TooLate)),
        ("FAIL", "N", "ORDERREVERSED", Is(Reversal::Reversed)),
        ("FAIL", "N", "ORDERCLOSED", Is(Reversal::Reversed)),
        ("FAIL", "N", "ORDERNOTEXIST", Is(Reversal::Reversed)),
        ("FAIL", "N", "INVALID_TRANSACTIONID", Refused),
        ("FAIL", "N", "PARAM_ERROR", Refused),
        ("FAIL", "N", "REQUIRE_POST_METHOD", Refused),
        ("FAIL", "N", "SIGNERROR", Refused),
        ("FAIL", "N", "INVALID_REQUEST", Refused),
        ("FAIL", "N", "TRADE_ERROR", Refused),
        ("FAIL", "N", "SOMETHING_NEW", Unknown),
        ("FAIL", "", "", Unknown),
        ("", "", "", Unknown),
    ];
    for (result, recall, code, want) in cases {
        let told: Fields = [("result_code", result), ("recall", recall), ("err_code", code)]
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        let answer = undone(&told);
        let fits = match (&want, &answer) {
            (Is(want), Ok(is)) => want == is,
            (Refused, Err(Trouble::Refused { .. })) | (Unknown, Err(Trouble::Unknown(_))) => true,
            _ => false,
        };
        assert!(fits, "{result} {recall} {code}: {answer:?}");
    }
}

#[test]
fn a_refused_message_is_certain_only_where_it_surely_did_nothing() {
    for (words, certain) in [
        ("签名错误", true),
        ("appid和mch_id不匹配", true),
        ("商户号mch_id或sub_mch_id不存在", true),
        ("XML格式错误", true),
        ("系统繁忙", false),
        ("", false),
    ] {
        let read = refused_message(words);
        assert_eq!(matches!(read, Ok(Err(_))), certain, "{words}: {read:?}");
    }
}
