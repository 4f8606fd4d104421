/**
 * A device stores a note about each link that it has verified. If the link disappears from the file, the note says what
 * the link did and who signed it. Notes contain no keys except the public signing keys that identify members.
 */
import { type Link, linkHash } from "../chains/chain.ts";
import { epochNumber } from "../chains/membership.ts";

/** A member that a link adds, removes or is signed by. */
export interface LinkMember {
	/** Ed25519 public key, base64. */
	readonly sign: string;
	readonly name: string;
}

export interface LinkNote {
	/** Hash of the link. */
	readonly hash: string;
	/** The link's first word: `genesis`, `add`, `epoch`, `create`, `delete`, `admit` or `expel`. */
	readonly verb: string;
	/** The role for `add`, the environment for `create` and `delete`, the epoch's number for `epoch`; otherwise empty. */
	readonly detail: string;
	/** The members who were added or removed. */
	readonly subjects: readonly LinkMember[];
	readonly signer: LinkMember;
	/** Whether a command of this device wrote the link, and it has not arrived from anywhere else since then. */
	readonly made: boolean;
}

/** The name of every member that the links add, by signing key. */
function memberNames(links: readonly Link[]): Map<string, string> {
	const names = new Map<string, string>();
	const starts: Readonly<Record<string, number>> = { admit: 1, add: 2 };
	for (const { change } of links) {
		const [verb = ""] = change;
		// Before the member, a vault's genesis has a salt; an environment's has its name, an epoch and a commitment.
		const at = verb === "genesis" ? (change.length === 5 ? 2 : 4) : starts[verb];
		const [sign, , name] = at === undefined ? [] : change.slice(at);
		if (sign !== undefined && name !== undefined) names.set(sign, name);
	}
	return names;
}

function detailOf({ change: [verb, first = ""] }: Link): string {
	if (verb === "epoch") return String(epochNumber(first) ?? "");
	return verb === "add" || verb === "create" || verb === "delete" ? first : "";
}

function subjectKeys({ change }: Link): string[] {
	const [verb, first = "", , , removed = "-"] = change;
	if (verb === "add") return [change[2] ?? ""];
	if (verb === "admit" || verb === "expel") return [first];
	return verb === "epoch" && removed !== "-" ? removed.split(",") : [];
}

/**
 * Makes notes about the links of both chains of an environment.
 * @param isMade whether the current command of this device wrote the link
 */
export function noteLinks(
	vault: readonly Link[],
	environment: readonly Link[],
	isMade: (link: Link) => boolean,
): LinkNote[] {
	const names = memberNames([...vault, ...environment]);
	const subjectOf = (sign: string): LinkMember => ({ sign, name: names.get(sign) ?? `${sign.slice(0, 8)}…` });
	return [...vault, ...environment].map((link) => ({
		hash: linkHash(link),
		verb: link.change[0] ?? "",
		detail: detailOf(link),
		subjects: subjectKeys(link).map(subjectOf),
		signer: subjectOf(link.signer),
		made: isMade(link),
	}));
}

/** What a link did, as a clause that follows the signer's name: `added bob as a writer`. */
export function describeNote({ verb, detail, subjects }: LinkNote): string {
	const who = subjects.map(({ name }) => name).join(", ");
	switch (verb) {
		case "add":
			return `added ${who} as a ${detail}`;
		case "epoch":
			return who === "" ? `made a new key (epoch ${detail})` : `removed ${who} (epoch ${detail})`;
		case "create":
			return `created environment '${detail}'`;
		case "delete":
			return `deleted environment '${detail}'`;
		case "admit":
			return `made ${who} an owner of the vault`;
		case "expel":
			return `ended ${who}'s ownership of the vault`;
		default:
			return "began the chain";
	}
}
