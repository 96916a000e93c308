use super::*;

fn parse(inner: &str) -> AppCallback {
    let document = format!(
        "<xml><ToUserName><![CDATA[ww1]]></ToUserName><FromUserName><![CDATA[zhangsan]]></FromUserName>\
         <CreateTime>1760000001</CreateTime>{inner}<AgentID>1000002</AgentID></xml>"
    );
    AppCallback::parse(&document).unwrap()
}

fn content_of(inner: &str) -> AppContent {
    parse(inner).content
}

#[test]
fn what_all_have_in_common() {
    let callback =
        parse("<MsgType>text</MsgType><Content>hi</Content><MsgId> 07000000000000000001 </MsgId>");
    assert_eq!(callback.corp_id.as_deref(), Some("ww1"));
    assert_eq!(callback.sender, Some("zhangsan".into()));
    assert_eq!(callback.created_at, Some(1_760_000_001));
    assert_eq!(callback.message_id, Some("07000000000000000001".into()));
    assert_eq!(callback.agent_id, Some(1_000_002));
    assert_eq!(callback.chat_id, None);
    assert_eq!(callback.identity(), "07000000000000000001".into());
}

#[test]
fn every_type_of_message() {
    let media = || Some(MediaId::new("M1"));
    for (inner, content) in [
        (
            "<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[ a &amp; b ]]></Content>",
            AppContent::Text(" a &amp; b ".to_owned()),
        ),
        (
            "<MsgType>text</MsgType><Content>a &amp; b</Content>",
            AppContent::Text("a & b".to_owned()),
        ),
        (
            "<MsgType>image</MsgType><PicUrl>http://x</PicUrl><MediaId>M1</MediaId>",
            AppContent::Image { media: media() },
        ),
        (
            "<MsgType>voice</MsgType><MediaId>M1</MediaId><Format>amr</Format>",
            AppContent::Voice {
                media: media(),
                transcript: None,
            },
        ),
        (
            "<MsgType>voice</MsgType><mediaid>M1</mediaid><Recognition>你好</Recognition>",
            AppContent::Voice {
                media: media(),
                transcript: Some("你好".to_owned()),
            },
        ),
        (
            "<MsgType>video</MsgType><MediaID>M1</MediaID><ThumbMediaId>T</ThumbMediaId>",
            AppContent::Video { media: media() },
        ),
        (
            "<MsgType>shortvideo</MsgType><MediaId>M1</MediaId>",
            AppContent::Video { media: media() },
        ),
        (
            "<MsgType>file</MsgType><MediaId>M1</MediaId><FileName><![CDATA[季度.xlsx]]></FileName>",
            AppContent::File {
                media: media(),
                name: Some("季度.xlsx".to_owned()),
            },
        ),
        (
            "<MsgType>file</MsgType>",
            AppContent::File {
                media: None,
                name: None,
            },
        ),
        (
            "<MsgType>location</MsgType><Location_X>23.1</Location_X><Location_Y>113.3</Location_Y>\
             <Scale>20</Scale><Label>广州</Label>",
            AppContent::Location(AppLocation {
                latitude: "23.1".to_owned(),
                longitude: "113.3".to_owned(),
                label: "广州".to_owned(),
            }),
        ),
        (
            "<MsgType>link</MsgType><Title>T</Title><Description>D</Description><Url>https://x</Url>",
            AppContent::Link {
                title: "T".to_owned(),
                description: "D".to_owned(),
                url: "https://x".to_owned(),
            },
        ),
        (
            "<MsgType>hologram</MsgType>",
            AppContent::Unknown {
                msgtype: "hologram".to_owned(),
            },
        ),
    ] {
        assert_eq!(content_of(inner), content, "{inner}");
    }
}

#[test]
fn events() {
    assert_eq!(
        content_of("<MsgType>event</MsgType><Event>enter_agent</Event><EventKey></EventKey>"),
        AppContent::Event(AppEvent::EnterAgent)
    );
    assert_eq!(
        content_of("<MsgType>event</MsgType><Event>click</Event><EventKey>menu1</EventKey>"),
        AppContent::Event(AppEvent::Other {
            name: "click".to_owned(),
            key: "menu1".to_owned()
        })
    );
    let card = "<MsgType>event</MsgType><Event>template_card_event</Event><EventKey>ok</EventKey>\
        <TaskId>t1</TaskId><CardType>vote_interaction</CardType><ResponseCode>RC</ResponseCode>\
        <SelectedItems><SelectedItem><QuestionKey>q1</QuestionKey><OptionIds><OptionId>a</OptionId>\
        <OptionId>b</OptionId></OptionIds></SelectedItem></SelectedItems>";
    let click = CardEvent {
        card_type: "vote_interaction".to_owned(),
        event_key: "ok".to_owned(),
        task_id: "t1".to_owned(),
        selections: vec![CardSelection {
            question_key: "q1".to_owned(),
            option_ids: vec!["a".to_owned(), "b".to_owned()],
        }],
    };
    let response_code = Some(Secret::new("RC"));
    assert_eq!(
        content_of(card),
        AppContent::Event(AppEvent::Card {
            click,
            response_code,
            is_menu: false
        })
    );
}

#[test]
fn events_are_told_apart_by_what_they_are_about() {
    let press = |key: &str, task: &str| {
        parse(&format!(
            "<MsgType>event</MsgType><Event>template_card_event</Event><EventKey>{key}</EventKey><TaskId>{task}</TaskId>"
        ))
        .identity()
    };
    assert_eq!(press("ok", "t1"), press("ok", "t1"));
    assert_ne!(press("ok", "t1"), press("no", "t1"));
    assert_ne!(press("ok", "t1"), press("ok", "t2"));
}

#[test]
fn what_is_no_message() {
    assert!(matches!(
        AppCallback::parse("hello"),
        Err(AppMessageError::Xml(_))
    ));
    assert!(matches!(
        AppCallback::parse("<xml></xml>"),
        Err(AppMessageError::NoType)
    ));
}
