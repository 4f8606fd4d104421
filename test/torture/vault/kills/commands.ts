/** Commands that are killed, each with the vault before it and the expected vault after it. */

import { type VaultDocument, verifyChains } from "../../../../src/vault/document/document.ts";
import { parseVault } from "../../../../src/vault/document/format.ts";
import { printConflicted } from "../../../../src/vault/merge/conflict-text.ts";
import { mergeVaults } from "../../../../src/vault/merge/merge-vaults.ts";
import { alice, bob, openEverything, PRODUCTION, VaultMaker } from "../../../vault/maker.ts";

/** The value that a command sets. It must be in the vault, encrypted, and nowhere else. */
export const CANARY = "cAnary+kill/1 é&xyzzy-0001";

export interface KilledCommand {
	readonly args: readonly string[];
	/** The vault's text before. */
	readonly before: string;
	/** Whether a vault is the command's result. Every value of it is decrypted. */
	isDone(values: ReadonlyMap<string, string>, document: VaultDocument): boolean;
}

const VALUES = 40;

function team(): VaultMaker {
	const maker = new VaultMaker().add(bob, "writer", "bob");
	for (let number = 0; number < VALUES; number++) maker.set(`NAME_${number}`, `value ${number}`);
	return maker;
}

function conflicted(): string {
	const base = team().text;
	const [ours, theirs] = ["ours", "theirs"].map((value) => {
		const maker = new VaultMaker();
		maker.document = parseVault(base);
		return maker.set("NAME_7", value).document;
	});
	if (!ours || !theirs) throw new TypeError("There are two sides.");
	const { document, conflicts } = mergeVaults(ours, theirs);
	return printConflicted(document, conflicts);
}

export const COMMANDS: Readonly<Record<string, KilledCommand>> = {
	set: {
		args: ["secrets", "set", `NAME_3=${CANARY}`],
		before: team().text,
		isDone: (values) => values.size === VALUES && values.get("production/NAME_3") === CANARY,
	},
	delete: {
		args: ["secrets", "delete", "NAME_4", "NAME_5"],
		before: team().text,
		isDone: (values) => values.size === VALUES - 2 && !values.has("production/NAME_4"),
	},
	remove: {
		args: ["members", "remove", "bob"],
		before: team().text,
		isDone: (values, document) => {
			const { state } = verifyChains(document, PRODUCTION);
			return values.size === VALUES && state.epoch.number === 2 && state.members.size === 1;
		},
	},
	resolve: {
		args: ["vault", "resolve", "--take", "theirs"],
		before: conflicted(),
		isDone: (values) => values.size === VALUES && values.get("production/NAME_7") === "theirs",
	},
};

/** Whether the text is the command's result. */
export function isMadeBy({ isDone }: KilledCommand, text: string): boolean {
	try {
		const document = parseVault(text);
		return isDone(openEverything(document, alice), document);
	} catch {
		return false;
	}
}
