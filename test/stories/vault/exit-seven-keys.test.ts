/** Errors about keys with exit status 7: the printed command of each hint makes the vault usable again. */
import { expect, test } from "vitest";
import { cryptoReady } from "../../../src/crypto.ts";
import { parseIdentity } from "../../../src/identity/identity.ts";
import { makeLink } from "../../../src/vault/chains/chain.ts";
import { commitmentOf, newEnvironmentKey, openKeys } from "../../../src/vault/chains/environment-keys.ts";
import { verifyChains, withRecords } from "../../../src/vault/document/document.ts";
import { makeEpoch } from "../../../src/vault/document/epoch.ts";
import { parseVault, printVault } from "../../../src/vault/document/format.ts";
import { openRecord } from "../../../src/vault/records/seal.ts";
import { commandsIn, committed, expectUsable, follow, refusal } from "../support/hints.ts";
import { sharedPlatform, startPlatform } from "../support/platform.ts";

const ENVIRONMENT = "production";
/** The words of the line that links an epoch: `epoch ID COMMITMENT …`. */
const COMMITMENT = 2;

/** A vault with an epoch that the identity signs, and whose commitment belongs to another key. */
function withFaultyEpoch(text: string, secret: string): string {
	const identity = parseIdentity(secret, "the identity");
	const document = parseVault(text);
	const verified = verifyChains(document, ENVIRONMENT);
	const { section, state } = verified;
	const keys = openKeys(state, identity);
	const next = makeEpoch(verified, keys, identity, new Set(), (record) => openRecord(state, keys, record));
	const change = [...next.link.change];
	change[COMMITMENT] = commitmentOf(newEnvironmentKey(), state.vaultId, ENVIRONMENT, change[1] ?? "");
	const context = { vaultId: state.vaultId, environment: ENVIRONMENT };
	const link = makeLink(context, section.links.at(-1), change, identity.signing);
	return printVault(withRecords(document, ENVIRONMENT, next.records, [...section.links, link]));
}

test("VAULT_KEY_WRONG: the hint restores the committed vault", async () => {
	await cryptoReady;
	await using project = await committed();
	project.write("coffer.vault", withFaultyEpoch(project.vault, project.identity ?? ""));
	await refusal(project, ["vault", "verify"], "VAULT_UNSOUND");
	await refusal(project, ["secrets", "list"], "VAULT_KEY_WRONG");
	await refusal(project, ["secrets", "set", "A=x"], "VAULT_KEY_WRONG");
	await follow(project, await refusal(project, ["secrets", "get", "A", "--reveal"], "VAULT_KEY_WRONG"));
	expect(await project.reveal("A")).toBe("first");
	await project.ok(["vault", "verify"]);
	await expectUsable(project);
});

test("PLATFORM_KEY_MISMATCH: nothing is changed, and the right token links the vault", async () => {
	await using platform = await sharedPlatform();
	await using other = await startPlatform();
	await using project = await committed();
	const before = project.vault;
	project.variables["COFFER_TOKEN"] = other.token;
	const hint = await refusal(project, ["link", platform.control, "--app", "shop"], "PLATFORM_KEY_MISMATCH");
	expect(commandsIn(hint)).toEqual([]);
	expect(project.vault).toBe(before);
	await project.ok(["vault", "verify"]);
	project.variables["COFFER_TOKEN"] = platform.token;
	await project.ok(["link", platform.control, "--app", "shop"]);
	await expectUsable(project);
});
