//! Limits of template cards, from WeCom's page "template card types" of the smart robot
//! (developer documentation 101032).
//!
//! `MAX` is a hard limit: the service refuses a card beyond it. `CHARS` is the length that
//! the page recommends; a longer text is cut on the screen.

/// Items of an action menu.
pub const MENU_ITEMS_MAX: usize = 3;
/// Lines of `horizontal_content_list`.
pub const HORIZONTAL_MAX: usize = 6;
/// Lines of `vertical_content_list`.
pub const VERTICAL_MAX: usize = 4;
/// Entries of `jump_list`.
pub const JUMPS_MAX: usize = 3;
/// Buttons of a card.
pub const BUTTONS_MAX: usize = 6;
/// Options of a checkbox.
pub const CHECK_OPTIONS_MAX: usize = 20;
/// Options of a drop-down selection.
pub const SELECT_OPTIONS_MAX: usize = 10;
/// Drop-down selections of a card.
pub const SELECTIONS_MAX: usize = 3;

/// Bytes of a button's, menu item's or question's key.
pub const KEY_MAX_BYTES: usize = 1_024;
/// Bytes of an option's id.
pub const OPTION_ID_MAX_BYTES: usize = 128;
/// Bytes of a `task_id`; its characters are letters, digits, `_`, `-` and `@`.
pub const TASK_ID_MAX_BYTES: usize = 128;
/// Bytes of a jump's question.
pub const QUESTION_MAX_BYTES: usize = 200;
/// Bytes of `feedback.id`.
pub const FEEDBACK_ID_MAX_BYTES: usize = 256;

/// A picture's width by its height: both ends are excluded by the documentation, so these
/// are the nearest values inside.
pub const ASPECT_RATIO_MIN: f64 = 1.31;
/// See [`ASPECT_RATIO_MIN`].
pub const ASPECT_RATIO_MAX: f64 = 2.24;

/// `source.desc`.
pub const SOURCE_CHARS: usize = 13;
/// `main_title.title`, and the title of a vertical line.
pub const TITLE_CHARS: usize = 26;
/// `main_title.desc`.
pub const DESC_CHARS: usize = 30;
/// `emphasis_content.title`.
pub const EMPHASIS_TITLE_CHARS: usize = 10;
/// `emphasis_content.desc`.
pub const EMPHASIS_DESC_CHARS: usize = 15;
/// `sub_title_text`, and the text of a vertical line.
pub const LONG_TEXT_CHARS: usize = 112;
/// `keyname` of a horizontal line.
pub const KEYNAME_CHARS: usize = 5;
/// `value` of a horizontal line.
pub const VALUE_CHARS: usize = 26;
/// Title of a jump, of a selection.
pub const LABEL_CHARS: usize = 13;
/// Text of a button, of a drop-down option.
pub const BUTTON_CHARS: usize = 10;
/// Text of a checkbox's option.
pub const CHECK_OPTION_CHARS: usize = 11;
