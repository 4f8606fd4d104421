import { testTorture } from "../in-short.ts";
import { torture } from "./mutants.torture.ts";

/** Outcomes of mutants in every layer: the text, its words, hashes, signatures of links and of records, the memory. */
const LAYERS = [
	"VAULT_CONFLICTED",
	"VAULT_MALFORMED",
	"VAULT_TRUNCATED",
	"VAULT_VERSION_UNKNOWN",
	"VAULT_UNSORTED",
	"VAULT_NAME_DUPLICATE",
	"VAULT_NAME_INVALID",
	"VAULT_RECORD_MALFORMED",
	"VAULT_LINK_MALFORMED",
	"VAULT_LINK_FORGED",
	"VAULT_CHAIN_BROKEN",
	"VAULT_ID_MISMATCH",
	"VAULT_ENVIRONMENT_UNKNOWN",
	"VAULT_REPLACED",
	"MEMBERSHIP_DIVERGED",
	"RECORD_FORGED",
	"RECORD_EPOCH_UNKNOWN",
	"RECORD_AUTHOR_UNKNOWN",
	"RECORD_AUTHOR_REMOVED",
	"noticed",
];

testTorture(torture, { seed: 3, reaches: LAYERS });
