/**
 * What a device notes of each link of a chain that it has verified: enough to say, once the link is gone from the file,
 * what it did and who signed it. No key of anybody's is in a note, but the public ones by which members are told apart.
 */
import { type Link, linkHash } from "../chains/chain.ts";
import { epochNumber } from "../chains/membership.ts";

/** Somebody whom a link is about. */
export interface Subject {
	/** Ed25519 public key, base64. */
	readonly sign: string;
	readonly name: string;
}

export interface LinkNote {
	/** Hash of the link. */
	readonly hash: string;
	/** The link's first word: `genesis`, `add`, `epoch`, `create`, `delete`, `admit` or `expel`. */
	readonly verb: string;
	/** A role for `add`, an environment for `create` and `delete`, the epoch's number for `epoch`; else empty. */
	readonly detail: string;
	/** Who was added or removed. */
	readonly subjects: readonly Subject[];
	readonly signer: Subject;
	/** Whether a command of this device wrote the link, and it was not seen to come from anywhere else since. */
	readonly made: boolean;
}

/** Everybody whom the links name, by signing key. */
function memberNames(links: readonly Link[]): Map<string, string> {
	const names = new Map<string, string>();
	const starts: Readonly<Record<string, number>> = { admit: 1, add: 2 };
	for (const { change } of links) {
		const [verb = ""] = change;
		// A vault's genesis has a salt before its member, an environment's has name, epoch and commitment.
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
 * Notes both chains of an environment.
 * @param isMade whether a command of this device has just written that link
 */
export function noteLinks(
	vault: readonly Link[],
	environment: readonly Link[],
	isMade: (link: Link) => boolean,
): LinkNote[] {
	const names = memberNames([...vault, ...environment]);
	const subjectOf = (sign: string): Subject => ({ sign, name: names.get(sign) ?? `${sign.slice(0, 8)}…` });
	return [...vault, ...environment].map((link) => ({
		hash: linkHash(link),
		verb: link.change[0] ?? "",
		detail: detailOf(link),
		subjects: subjectKeys(link).map(subjectOf),
		signer: subjectOf(link.signer),
		made: isMade(link),
	}));
}

/** What a link did, as words that follow "alice": `added bob as a writer`. */
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
