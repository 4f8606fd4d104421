/** `Deno.AtomicOperation` (`ext/kv/01_db.ts` of Deno 2.9). */
import type { Check, Database, Mutation, MutationType } from "./kv-database.ts";
import type { Key } from "./kv-keys.ts";
import { KvU64, serializeValue } from "./kv-values.ts";

export interface SetOptions {
	readonly expireIn?: number;
}

/** The last part of a key that stands for the versionstamp of the write. */
export const COMMIT_VERSIONSTAMP = Symbol("KvCommitVersionstamp");

export function checkExpireIn(expireIn: number | undefined): void {
	if (expireIn === undefined || (Number.isInteger(expireIn) && expireIn >= 0)) return;
	throw new TypeError(`expireIn must be a non-negative integer: received ${expireIn}`);
}

/** The error for the queues of Deno KV. */
export function queuesUnsupported(): Error {
	return new Deno.errors.NotSupported(
		"The queues of Deno KV (enqueue, listenQueue) are not supported by the platform. Nothing was written. Save the message with set(), and handle saved messages in a job of Deno.cron; or use the queue of another service.",
	);
}

/** A mutation that sets a key. */
export function setMutation(key: Key, value: unknown, options: SetOptions | undefined): Mutation {
	const expireIn = options?.expireIn;
	checkExpireIn(expireIn);
	const isStamped = (key.at(-1) as unknown) === COMMIT_VERSIONSTAMP;
	return {
		key: isStamped ? key.slice(0, -1) : key,
		type: isStamped ? "setSuffixVersionstampedKey" : "set",
		value: serializeValue(value),
		expireIn,
	};
}

export function deleteMutation(key: Key): Mutation {
	return { key, type: "delete", value: undefined, expireIn: undefined };
}

interface AskedMutation {
	readonly key: Key;
	readonly type: string;
	readonly value?: unknown;
	readonly expireIn?: unknown;
}

function readMutation(mutation: AskedMutation): Mutation {
	const { key, type, value, expireIn } = mutation;
	if (type === "delete") {
		if (value) throw new TypeError("Invalid mutation 'delete' with value");
		return deleteMutation(key);
	}
	if (!["set", "sum", "min", "max"].includes(type)) throw new TypeError("Invalid mutation type");
	const options = type === "set" && typeof expireIn === "number" ? { expireIn } : undefined;
	checkExpireIn(options?.expireIn);
	if (!Object.hasOwn(mutation, "value")) throw new TypeError(`Invalid mutation '${type}' without value`);
	if (type === "set") return setMutation(key, value, options);
	return { key, type: type as MutationType, value: serializeValue(value), expireIn: undefined };
}

export class AtomicOperation {
	readonly #database: Database;
	readonly #checks: Check[] = [];
	readonly #mutations: Mutation[] = [];

	constructor(database: Database) {
		this.#database = database;
	}

	check(...checks: { readonly key: Key; readonly versionstamp: string | null }[]): this {
		for (const { key, versionstamp } of checks) this.#checks.push([key, versionstamp]);
		return this;
	}

	mutate(...mutations: AskedMutation[]): this {
		for (const mutation of mutations) this.#mutations.push(readMutation(mutation));
		return this;
	}

	sum(key: Key, n: bigint): this {
		return this.#combine(key, "sum", n);
	}

	min(key: Key, n: bigint): this {
		return this.#combine(key, "min", n);
	}

	max(key: Key, n: bigint): this {
		return this.#combine(key, "max", n);
	}

	#combine(key: Key, type: MutationType, n: bigint): this {
		this.#mutations.push({ key, type, value: serializeValue(new KvU64(n)), expireIn: undefined });
		return this;
	}

	set(key: Key, value: unknown, options?: SetOptions): this {
		this.#mutations.push(setMutation(key, value, options));
		return this;
	}

	delete(key: Key): this {
		this.#mutations.push(deleteMutation(key));
		return this;
	}

	enqueue(): this {
		throw queuesUnsupported();
	}

	async commit(): Promise<{ ok: false } | { ok: true; versionstamp: string }> {
		const versionstamp = await this.#database.write(this.#checks, this.#mutations);
		return versionstamp === null ? { ok: false } : { ok: true, versionstamp };
	}

	// biome-ignore lint/suspicious/noThenProperty: Deno has it, to name a forgotten `commit`.
	then(): never {
		throw new TypeError("'Deno.AtomicOperation' is not a promise: did you forget to call 'commit()'");
	}
}
