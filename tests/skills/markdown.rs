//! The parts of a Markdown page that the rules look at.

use std::fmt;

/// A page with its parts.
pub(crate) struct Page {
    /// Skill and path, for findings.
    pub(crate) name: String,
    /// What is in backticks on a line.
    pub(crate) spans: Vec<Line>,
    /// Fenced blocks.
    pub(crate) blocks: Vec<Block>,
    /// Every line outside of blocks.
    pub(crate) prose: Vec<Line>,
    /// Lines at which a heading stands, the page's first line included.
    headings: Vec<usize>,
}

/// A piece of text and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) number: usize,
    pub(crate) text: String,
}

/// A fenced block.
pub(crate) struct Block {
    /// Line of its first line of text.
    pub(crate) number: usize,
    pub(crate) language: String,
    pub(crate) text: String,
    /// The last line before it that is not blank.
    pub(crate) before: String,
}

/// A sample answer of a method.
pub(crate) struct Answer<'a> {
    pub(crate) category: &'a str,
    pub(crate) method: &'a str,
    pub(crate) block: &'a Block,
}

impl Page {
    pub(crate) fn new(skill: &str, path: &str, text: &str) -> Self {
        let mut page = Self {
            name: format!("{skill}/{path}"),
            spans: Vec::new(),
            blocks: Vec::new(),
            prose: Vec::new(),
            headings: vec![1],
        };
        let mut open: Option<(Block, usize)> = None;
        let mut before = String::new();
        for (index, line) in text.lines().enumerate() {
            let number = index + 1;
            let indent = line.len() - line.trim_start().len();
            let fence = line.trim_start().strip_prefix("```");
            match (&mut open, fence) {
                (None, Some(language)) => {
                    let block = Block {
                        number: number + 1,
                        language: language.trim().to_owned(),
                        text: String::new(),
                        before: before.clone(),
                    };
                    open = Some((block, indent));
                }
                (Some(_), Some(_)) => page.blocks.extend(open.take().map(|(block, _)| block)),
                (Some((block, indent)), None) => {
                    block.text.push_str(line.get(*indent..).unwrap_or(line));
                    block.text.push('\n');
                }
                (None, None) => {
                    page.line(number, line);
                    if !line.trim().is_empty() {
                        line.trim().clone_into(&mut before);
                    }
                }
            }
        }
        assert!(open.is_none(), "{}: a block has no end", page.name);
        page
    }

    fn line(&mut self, number: usize, line: &str) {
        if line.starts_with('#') {
            self.headings.push(number);
        }
        let spans = line.split('`').skip(1).step_by(2).map(|text| Line {
            number,
            text: text.to_owned(),
        });
        self.spans.extend(spans);
        self.prose.push(Line {
            number,
            text: line.to_owned(),
        });
    }

    /// The first lines of the section that a line is in, and of the next one.
    pub(crate) fn section(&self, number: usize) -> std::ops::Range<usize> {
        let begin = self.headings.iter().rev().find(|at| **at <= number);
        let end = self.headings.iter().find(|at| **at > number);
        *begin.unwrap_or(&1)..end.copied().unwrap_or(usize::MAX)
    }

    /// Every sample answer: a block under a line of the form ``Answer (`c.m`):``.
    pub(crate) fn answers(&self) -> Vec<Answer<'_>> {
        self.blocks.iter().filter_map(Block::answer).collect()
    }

    /// Every line of a text that may be a call: those of blocks and those in backticks.
    pub(crate) fn notation(&self) -> Vec<Line> {
        let in_blocks = self.blocks.iter().flat_map(|block| {
            let lines = block.text.lines().enumerate();
            lines.map(|(index, text)| Line {
                number: block.number + index,
                text: text.to_owned(),
            })
        });
        in_blocks.chain(self.spans.iter().cloned()).collect()
    }
}

impl Block {
    fn answer(&self) -> Option<Answer<'_>> {
        let name = self.before.strip_prefix("Answer (`")?;
        let (category, method) = name.strip_suffix("`):")?.split_once('.')?;
        Some(Answer {
            category,
            method,
            block: self,
        })
    }
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
