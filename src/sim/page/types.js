/**
 * The simulator's JSON as the page sees it. Types only: nothing runs here.
 *
 * `called`: it has a webhook instead of a connection.
 * @typedef {{ id: string, name: string, connected: boolean, called: boolean }} Bot
 * `called`: it is told what members do; else it only sends. `scope`: who sees it, null for everybody.
 * @typedef {{ id: string, name: string, called: boolean, scope: string[] | null }} App
 * @typedef {{ id: string, name: string }} User
 * @typedef {{ id: string, name: string, members: string[], bots: string[] }} Group
 * @typedef {{ bots: Bot[], users: User[], groups: Group[], apps: App[] }} Directory
 *
 * @typedef {object} ChatSummary
 * @property {string} chat      `direct:<bot>:<user>`, `group:<bot>:<group>` or `app:<app>:<user>`
 * @property {string} [user]    the person of a direct chat
 * @property {string} [group]   the group of a group chat
 * @property {number} last_at   milliseconds since 1970, 0 when nothing was said yet
 * @property {string} preview   one line of the newest entry
 *
 * `type` is what it was sent as, not a MIME type.
 * @typedef {{ id: string, name: string, size: number, type: 'image' | 'voice' | 'video' | 'file' }} Media
 *
 * @typedef {object} Quote
 * @property {string} msgtype
 * @property {{ content: string }} [text]
 * @property {{ content: string }} [voice]
 *
 * A part of a message that is shown: text, a file, or what was said by voice, which may
 * have its sound.
 * @typedef {{ text?: string, media?: Media, voice?: string }} Part
 *
 * @typedef {{ msgtype: string, text?: { content: string } }} MixedItem
 *
 * @typedef {object} Entry
 * @property {number} id
 * @property {string} chat
 * @property {number} at             when it appeared, ms
 * @property {number} updated_at     when it last changed, ms
 * @property {{ kind: 'user' | 'bot' | 'app' | 'system', id: string }} from
 * @property {'text'|'stream'|'markdown'|'template_card'|'image'|'voice'|'file'|'video'|'mixed'|'event'|'welcome'|'text_card'|'location'|'link'} type
 * @property {string} [content]
 * @property {boolean} [thinking]    a stream without visible text
 * @property {boolean} [finished]
 * @property {number} [revisions]    frames this stream was sent in
 * @property {string} [stream_id]
 * @property {string} [msgid]
 * @property {string} [req_id]
 * @property {Record<string, any>} [card]
 * @property {Record<string, Record<string, any>>} [card_copies]  copies that differ, by member
 * @property {Media} [media]
 * @property {Quote} [quote]
 * @property {number} [quoted]       id of the quoted entry
 * @property {{ msg_item: MixedItem[] }} [mixed]
 * @property {Record<string, any>} [detail]  what a text card, a place or a link shows
 * @property {Part[]} [parts]        a mixed message as it looks, or the pictures of a stream
 * @property {string} [feedback_id]
 * @property {Record<string, number>} [ratings]  by member: 1 accurate, 2 inaccurate
 *
 * What the page itself adds to a message of its own:
 * @typedef {'sending' | 'sent' | 'offline' | 'failed'} Delivery
 */

export {};
