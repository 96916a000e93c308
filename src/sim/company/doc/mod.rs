//! The category `doc`: documents, spreadsheets, smart sheets and smart pages of one
//! company, with what was uploaded for them.
//!
//! A document belongs to the bot that made it or to a member. The bot reads whatever it
//! has the id or the whole link of, and writes to its own documents only.

mod access;
mod dice;
mod document;
mod exports;
mod grid;
mod page;
mod shelf;
mod smart;
mod table;
mod uploads;

use serde::Deserialize;
use serde_json::{Map, Value};

pub use self::access::Grant;
use self::dice::Dice;
use self::exports::Exports;
pub use self::exports::Pace;
use self::shelf::{Body, Shelf};
pub use self::shelf::{Kind, Listed, Owner};
use self::uploads::Uploads;
use super::{Answered, Refused, Visit};

/// The company's documents.
#[derive(Debug)]
pub(crate) struct Docs {
    shelf: Shelf,
    uploads: Uploads,
    exports: Exports,
    grant: Grant,
    dice: Dice,
}

impl Docs {
    /// No documents, under a grant without an end. `seed` decides the ids that are drawn.
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            shelf: Shelf::default(),
            uploads: Uploads::default(),
            exports: Exports::default(),
            grant: Grant::default(),
            dice: Dice::new(seed),
        }
    }

    /// Does what a method says.
    ///
    /// # Errors
    ///
    /// The grant's refusal before everything else; 40058 for arguments that make no
    /// sense, an unknown document among them; 851002 for a document of another kind;
    /// 851003 for writing to a member's document, and for a link without its share code;
    /// 2022001, 2023001, 2023010 and 2023012 for a sub-sheet, field, option and record
    /// that is not there; 853006 for a method that the category does not have.
    pub(crate) fn call(
        &mut self,
        visit: Visit<'_>,
        method: &str,
        args: &Map<String, Value>,
    ) -> Answered {
        self.grant.check(visit.now_ms)?;
        match method {
            "create_doc" => self.create_doc(args),
            "edit_doc_content" => self.edit_content(args),
            "get_doc_content" => self.get_content(args, visit.now_ms),

            "smartsheet_get_sheet" => self.list_sub_sheets(args),
            "smartsheet_add_sheet" => self.add_sub_sheet(args),
            "smartsheet_update_sheet" => self.rename_sub_sheet(args),
            "smartsheet_delete_sheet" => self.delete_sub_sheet(args),
            "smartsheet_get_fields" => self.list_fields(args),
            "smartsheet_add_fields" => self.add_fields(args),
            "smartsheet_update_fields" => self.rename_fields(args),
            "smartsheet_delete_fields" => self.delete_fields(args),
            "smartsheet_get_records" => self.list_records(args),
            "smartsheet_add_records" => self.add_records(args, visit.now_ms),
            "smartsheet_update_records" => self.change_records(args, visit.now_ms),
            "smartsheet_delete_records" => self.delete_records(args),

            "sheet_get_info" => self.worksheets(args),
            "sheet_update_range_data" => self.write_cells(args),
            "sheet_append_data" => self.append_row(args),
            "sheet_add_sub" => self.add_worksheet(args),
            "sheet_delete_sub" => self.delete_worksheet(args),

            "smartpage_create" => self.create_page(args),
            "smartpage_export_task" => self.start_page_export(args, visit.now_ms),
            "smartpage_get_export_result" => self.page_export(args, visit.now_ms),

            "upload_doc_image" => self.upload_image(args),
            "upload_doc_file" => self.upload_file(args),

            _ => Err(Refused::not_open()),
        }
    }

    /// Puts an empty document there as if a member had made it, or the bot.
    pub(crate) fn seed(&mut self, owner: Owner, kind: Kind, title: &str) -> Listed {
        let body = Body::fresh(kind, &mut self.dice);
        self.shelf.add(title, owner, body, &mut self.dice)
    }

    /// Gives a document to somebody else; false where there is no such document. What the
    /// bot filled can so become a member's.
    pub(crate) fn hand_over(&mut self, docid: &str, owner: Owner) -> bool {
        let Some(document) = self.shelf.by_id_mut(docid) else {
            return false;
        };
        document.owner = owner;
        true
    }

    /// Every document, oldest first.
    pub(crate) fn documents(&self) -> Vec<Listed> {
        self.shelf.iter().map(shelf::Document::listed).collect()
    }

    /// Changes the grant under which the bot works.
    pub(crate) fn set_grant(&mut self, grant: Grant) {
        self.grant = grant;
    }

    /// Changes how long exports take, running ones included.
    pub(crate) fn set_export_pace(&mut self, pace: Pace) {
        self.exports.pace = pace;
    }
}

/// Reads the arguments of a method in place: uploads are long.
fn read<'a, T: Deserialize<'a>>(args: &'a Map<String, Value>) -> Result<T, Refused> {
    T::deserialize(args).map_err(|error| Refused::argument(format!("invalid argument: {error}")))
}

#[cfg(test)]
mod tests;
