//! One bot, one owner.
//!
//! Keys of the top level are inherited, so several accounts can end with the same bot or
//! app. WeCom allows one connection per bot: two of ours would take it from each other for
//! ever.

use std::collections::BTreeMap;

use super::draft::Draft;
use crate::config::effective::{Account, AgentApp};
use crate::config::findings::{Finding, Stops};
use crate::ids::AccountId;

/// What two accounts must not both have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Identity {
    Socket(String),
    Webhook(String, Vec<u8>),
    Agent(String, Option<u64>, String),
}

/// An account's claim to an identity.
#[derive(Debug, Clone)]
struct Claim {
    account: AccountId,
    /// The account says it itself instead of inheriting it.
    explicit: bool,
}

/// Takes every identity from all accounts but its owner: an account that states it before
/// one that inherits it, among equals the default account, then the first id.
pub(crate) fn assign_owners(
    accounts: &mut BTreeMap<AccountId, Account>,
    drafts: &mut BTreeMap<AccountId, Draft>,
    default_account: &AccountId,
) {
    let mut claims: BTreeMap<Identity, Vec<Claim>> = BTreeMap::new();
    for account in accounts.values().filter(|account| account.enabled) {
        let Some(draft) = drafts.get(&account.id) else {
            continue;
        };
        for (identity, key) in identities(account) {
            claims.entry(identity).or_default().push(Claim {
                account: account.id.clone(),
                explicit: draft.says(key),
            });
        }
    }
    for (identity, claims) in claims {
        let Some(owner) = claims
            .iter()
            .min_by_key(|claim| (!claim.explicit, claim.account != *default_account))
            .cloned()
        else {
            continue;
        };
        for claim in claims.iter().filter(|claim| claim.account != owner.account) {
            if let Some(account) = accounts.get_mut(&claim.account) {
                release(account, &identity);
            }
            if let Some(draft) = drafts.get_mut(&claim.account) {
                report(draft, &identity, &owner, claim);
            }
        }
    }
    warn_of_shared_tokens(accounts, drafts);
}

/// The identities of an account, each with the key that states it.
fn identities(account: &Account) -> Vec<(Identity, &'static str)> {
    let socket = account
        .bot_socket
        .as_ref()
        .map(|bot| (Identity::Socket(bot.bot_id.as_str().to_owned()), "botId"));
    let webhook = account.bot_webhook.as_ref().map(|bot| {
        let token = bot.callback.token.reveal().to_owned();
        let key = bot.callback.aes_key.bytes().to_vec();
        (Identity::Webhook(token, key), "token")
    });
    let agent = account.agent_app.as_ref().and_then(|app| {
        let callback = app.receive.as_ref()?;
        let token = callback.token.reveal().to_owned();
        let identity = Identity::Agent(app.corp_id.clone(), app.agent_id, token);
        Some((identity, "agent.token"))
    });
    [socket, webhook, agent].into_iter().flatten().collect()
}

fn release(account: &mut Account, identity: &Identity) {
    match identity {
        Identity::Socket(_) => account.bot_socket = None,
        Identity::Webhook(..) => account.bot_webhook = None,
        // Sending keeps no state, so the app may be shared for that.
        Identity::Agent(..) => {
            account.agent_app = account
                .agent_app
                .take()
                .map(|app| AgentApp {
                    receive: None,
                    ..app
                })
                .filter(|app| app.corp_secret.is_some());
        }
    }
}

fn report(draft: &mut Draft, identity: &Identity, owner: &Claim, claim: &Claim) {
    let (what, key, stops) = match identity {
        Identity::Socket(_) => ("bot", "botId", Stops::BotSocket),
        Identity::Webhook(..) => ("webhook bot", "token", Stops::BotWebhook),
        Identity::Agent(..) => ("agent app's callback", "agent.token", Stops::Nothing),
    };
    let here = draft.place.join(&crate::config::place::Place::of(key));
    let (mine, owner_id) = (&draft.id, &owner.account);
    let finding = if claim.explicit && owner.explicit {
        Finding::error(
            "identity_duplicate",
            here.clone(),
            format!(
                "the accounts `{owner_id}` and `{mine}` have the same {what}; only `{owner_id}` \
                 runs it"
            ),
            format!("give `{here}` its own, or remove one of the two"),
        )
        .stopping(stops)
    } else {
        Finding::info(
            "identity_shared",
            here.clone(),
            format!(
                "the {what} is inherited from the top level and run by the account `{owner_id}`; \
                 `{mine}` does not have it"
            ),
            format!("set `{here}` if the account is to have its own"),
        )
    };
    draft.report(finding);
}

/// One shared address cannot tell two bots with the same token apart by the signature.
fn warn_of_shared_tokens(
    accounts: &BTreeMap<AccountId, Account>,
    drafts: &mut BTreeMap<AccountId, Draft>,
) {
    let mut first: BTreeMap<String, AccountId> = BTreeMap::new();
    for account in accounts.values().filter(|account| account.enabled) {
        let tokens = [
            account
                .bot_webhook
                .as_ref()
                .map(|bot| (&bot.callback, "token")),
            account
                .agent_app
                .as_ref()
                .and_then(|app| app.receive.as_ref())
                .map(|callback| (callback, "agent.token")),
        ];
        for (callback, key) in tokens.into_iter().flatten() {
            // Bot and app answer at different addresses.
            let slot = format!("{key}:{}", callback.token.reveal());
            let Some(other) = first.get(&slot) else {
                first.insert(slot, account.id.clone());
                continue;
            };
            let Some(draft) = drafts.get_mut(&account.id) else {
                continue;
            };
            let here = draft.place.join(&crate::config::place::Place::of(key));
            draft.report(Finding::warning(
                "token_shared",
                here.clone(),
                format!(
                    "the accounts `{other}` and `{}` have the same callback token and different \
                     keys: at the shared address a signature does not tell them apart",
                    account.id
                ),
                format!("give `{here}` another token, in the console too"),
            ));
        }
    }
}
