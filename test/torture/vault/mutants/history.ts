/**
 * Vaults with a history, from which mutants are made. The writer of the vectors makes them, with the same
 * bytes each time.
 */
import { alice, bob, carol, dave, mallory } from "../../../vectors/primitives.ts";
import { VaultWriter } from "../../../vectors/writer.ts";

/** The texts from which a mutant can be made. */
export interface History {
	/** The text of every commit, the oldest first. */
	readonly commits: readonly string[];
	/** Other vaults, and other continuations of this one. */
	readonly others: readonly string[];
}

type Commit = (vault: VaultWriter) => void;

const TEAM: readonly Commit[] = [
	(vault) => {
		vault.genesis();
		vault.create("production").set("API_KEY", "sk_live_0123456789abcdef");
	},
	(vault) => void vault.create("preview").set("API_KEY", "sk_test_preview"),
	({ production }) => {
		production.add("writer", bob);
		production.add("reader", carol);
	},
	({ production }) => {
		production.set("TOKEN", "bob's own token", { by: bob });
		production.set("GONE", "was here");
	},
	({ production }) => {
		production.set("GONE", "", { version: 2, kind: "deleted" });
		production.add("writer", dave);
		production.set("SET_BY_DAVE", "dave", { by: dave });
	},
	({ production }) => {
		production.begin([dave]);
		production.set("API_KEY", "sk_live_0123456789abcdef", { since: 1 });
		production.set("GONE", "", { version: 2, kind: "deleted", since: 1 });
		production.set("SET_BY_DAVE", "dave", { since: 1 });
		production.set("TOKEN", "bob's own token", { since: 1 });
	},
	({ production }) => {
		production.set("API_KEY", "sk_live_fedcba9876543210", { version: 2 });
		production.set("EMPTY", "");
		production.set("TEXT", "é\nline two\u0000".repeat(9), { by: bob });
	},
];

/** A fork after the fourth commit, which adds another member. */
const FORK: Commit = ({ production }) => void production.add("reader", mallory);

const SMALL: readonly Commit[] = [
	(vault) => {
		vault.genesis();
		vault.create("production");
	},
	({ production }) => void production.set("KEY", "one"),
	({ production }) => void production.set("KEY", "two", { version: 2 }),
	({ production }) => void production.set("OTHER", "three", { by: alice }),
];

function texts(commits: readonly Commit[], seed: string): string[] {
	const vault = new VaultWriter(seed);
	return commits.map((commit) => {
		commit(vault);
		return vault.text();
	});
}

const foreign: readonly Commit[] = [
	...TEAM.slice(0, 3),
	({ production }) => {
		production.set("API_KEY", "another vault's key", { version: 2 });
		production.set("TOKEN", "another vault's token");
	},
];

/** Two environments, four members (one of them removed), two epochs, seven commits. */
export const teamHistory: History = {
	commits: texts(TEAM, "team"),
	others: [texts([...TEAM.slice(0, 4), FORK], "team").at(-1) ?? "", texts(foreign, "foreign").at(-1) ?? ""],
};

/** One environment, two secrets, four commits. */
export const smallHistory: History = {
	commits: texts(SMALL, "small"),
	others: [texts(SMALL, "another").at(-1) ?? ""],
};
