//! Messages as cameras send them, by table.

use super::*;

const XML: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<EventNotificationAlert version="2.0" xmlns="http://www.isapi.org/ver20/XMLSchema">
<ipAddress>192.0.2.10</ipAddress><channelID>1</channelID><dateTime>2026-11-22T10:00:00+08:00</dateTime>
<activePostCount>1</activePostCount><eventType>ANPR</eventType><eventState>active</eventState><UUID>a-1</UUID>
<ANPR><licensePlate>粤B12345</licensePlate><line>1</line><direction>forward</direction><confidenceLevel>97</confidenceLevel>
<plateColor>green</plateColor><vehicleType>vehicle</vehicleType></ANPR></EventNotificationAlert>"#;

fn zone() -> TimeZone {
    TimeZone::get("Asia/Shanghai").unwrap()
}

fn one(protocol: &str, kind: &str, body: &[u8]) -> Result<Heard, Refusal> {
    read(protocol, kind, body, &zone()).map(|mut all| all.remove(0))
}

fn reading(protocol: &str, kind: &str, body: &[u8]) -> Reading {
    match one(protocol, kind, body) {
        Ok(Heard::Reading(reading)) => *reading,
        other => panic!("{other:?}"),
    }
}

fn jpeg() -> Vec<u8> {
    [&[0xff, 0xd8, 0xff, 0xe0][..], &[7; 40], &[0xff, 0xd9]].concat()
}

#[test]
fn hikvision_in_every_namespace_and_prefix() {
    let other =
        XML.replace("http://www.isapi.org/ver20/XMLSchema", "http://www.hikvision.com/ver20/XMLSchema");
    let bare = XML.replace(" xmlns=\"http://www.isapi.org/ver20/XMLSchema\"", "");
    let prefixed = XML
        .replace("<ANPR>", "<h:ANPR>")
        .replace("</ANPR>", "</h:ANPR>")
        .replace("licensePlate>", "h:licensePlate>");
    let json = r#"{"eventType":"ANPR","eventState":"active","dateTime":"2026-11-22T10:00:00+08:00","UUID":"a-1",
        "ANPR":{"licensePlate":"粤B12345","direction":"forward","confidenceLevel":97,"plateColor":"green"}}"#;
    for text in [XML, &other, &bare, &prefixed, json] {
        let got = reading("hikvision", "application/xml", text.as_bytes());
        assert_eq!(
            (got.plate.as_str(), got.confidence, got.heading),
            ("粤B12345", Some(97), Heading::Forward),
            "{text}"
        );
        assert_eq!((got.id.as_deref(), got.vehicle.as_str()), (Some("a-1"), "new_energy"));
        assert!(matches!(got.said, Said::Moment(_)));
    }
    let local = XML.replace("+08:00", "");
    assert!(matches!(reading("hikvision", "", local.as_bytes()).said, Said::Local(_)));
    let (gbk, _, _) = encoding_rs::GB18030.encode(XML);
    assert_eq!(reading("hikvision", "application/xml", &gbk).plate, "粤B12345");
}

#[test]
fn what_is_no_reading_is_dropped() {
    let cases = [
        (XML.replace(">active<", ">inactive<"), "inactive"),
        (XML.replace(">ANPR<", ">heartBeat<"), "heartbeat"),
        (XML.replace(">ANPR<", ">videoloss<").replace(">active<", ">inactive<"), "inactive"),
        (XML.replace(">ANPR<", ">VMD<"), "another kind of event"),
    ];
    for (text, want) in cases {
        assert_eq!(one("hikvision", "", text.as_bytes()).unwrap(), Heard::Nothing(want), "{want}");
    }
    let unread = XML.replace("粤B12345", "unknown");
    assert_eq!(reading("hikvision", "", unread.as_bytes()).plate, "");
}

#[test]
fn hikvision_with_its_pictures() {
    let mut body = b"--MIME_boundary\r\nContent-Disposition: form-data; name=\"anpr.xml\"; filename=\"anpr.xml\"\r\nContent-Type: text/xml\r\n\r\n".to_vec();
    body.extend(XML.as_bytes());
    for picture in [jpeg(), b"<html>no picture</html>".to_vec()] {
        body.extend(b"\r\n--MIME_boundary\r\nContent-Disposition: form-data; name=\"detectionPicture.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n");
        body.extend(picture);
    }
    for end in ["\r\n--MIME_boundary--\r\n", ""] {
        let whole = [&body[..], end.as_bytes()].concat();
        let got = reading("hikvision", "multipart/form-data; boundary=MIME_boundary", &whole);
        assert_eq!((got.plate.as_str(), got.photos.len()), ("粤B12345", 1));
        assert_eq!(got.photos[0].bytes, jpeg());
        assert_eq!(got.flags, ["photo_invalid"], "the plate counts all the same");
    }
}

#[test]
fn dahua_in_its_forms() {
    let event = r#"{"Action":"Pulse","Code":"TrafficJunction","Index":0,"Data":{"EventID":7,"UTC":1795312800,"UTCMS":250,"Lane":1,
        "Object":{"Text":"粤B12345","Confidence":255},"TrafficCar":{"PlateNumber":"粤B12345","DrivingDirection":["Approach","a","b"]}}}"#;
    let listed = format!("{{\"Events\":[{event}]}}");
    for text in [event, &listed] {
        let got = reading("dahua", "application/json", text.as_bytes());
        assert_eq!(
            (got.plate.as_str(), got.confidence, got.heading),
            ("粤B12345", Some(100), Heading::Forward)
        );
        assert_eq!(got.said, Said::Moment(Millis(1_795_312_800_250)));
    }
    let picture = format!(
        r#"{{"Picture":{{"Plate":{{"PlateNumber":"粤B12345","Confidence":90}},"SnapInfo":{{"AccurateTime":"2026-11-22 10:00:00.123"}},
        "NormalPic":{{"Content":"{}"}}}}}}"#,
        base64::Engine::encode(&base64::engine::general_purpose::STANDARD, jpeg())
    );
    let got = reading("dahua", "", picture.as_bytes());
    assert_eq!((got.plate.as_str(), got.photos.len(), got.confidence), ("粤B12345", 1, Some(90)));
    assert!(matches!(got.said, Said::Local(_)));
    for (text, want) in [
        (r#"{"Active":"keepAlive","DeviceID":"x"}"#, "heartbeat"),
        (r#"{"Code":"VideoMotion","Action":"Start"}"#, "another kind of event"),
        (r#"{"Code":"TrafficJunction","Action":"Stop"}"#, "inactive"),
    ] {
        assert_eq!(one("dahua", "", text.as_bytes()).unwrap(), Heard::Nothing(want));
    }
}

#[test]
fn our_own_json() {
    let got = reading(
        "plain",
        "",
        r#"{"id":"7","plate":"粤B12345","at":"2026-11-22T10:00:00+08:00","direction":"reverse"}"#.as_bytes(),
    );
    assert_eq!((got.id.as_deref(), got.heading), (Some("7"), Heading::Reverse));
}

#[test]
fn what_cannot_be_understood_says_why() {
    let cases: [(&str, &str, &[u8], &str); 8] = [
        ("hikvision", "", b"", "parking_camera_unreadable"),
        ("hikvision", "", b"<EventNotificationAlert/>", "parking_camera_unreadable"),
        ("hikvision", "", b"plain words", "parking_camera_unreadable"),
        ("hikvision", "multipart/form-data; boundary=x", b"--x\r\n\r\n", "parking_camera_unreadable"),
        ("dahua", "", b"[", "parking_camera_unreadable"),
        ("plain", "", b"{\"plate\": 7}", "invalid_request"),
        ("plain", "", br#"{"plate":"A1","at":"soon"}"#, "parking_camera_unreadable"),
        ("acme", "", b"{}", "parking_camera_unreadable"),
    ];
    for (protocol, kind, body, want) in cases {
        assert_eq!(
            one(protocol, kind, body).unwrap_err().code(),
            want,
            "{protocol} {:?}",
            String::from_utf8_lossy(body)
        );
    }
}
