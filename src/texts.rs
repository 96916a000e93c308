//! Every sentence that people read in a chat, in one place: Chinese as sent, English
//! beside it for the reader of the code.
