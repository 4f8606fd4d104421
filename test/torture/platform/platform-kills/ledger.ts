/** The acknowledgements that a client got, and the state that the platform must therefore have. */
import type { Change, Head, LogEntry } from "../../../../src/protocol/change.ts";
import { parseRecordText } from "../../../../src/vault/records/record.ts";
import { TestVault } from "../../../platform/fixtures/vault.ts";
import { APP } from "../../../stories/support/project.ts";
import type { Random } from "../../random.ts";
import { type KilledClient, Refused } from "./client.ts";

const FUNCTIONS = ["one", "two", "three"];

interface Value {
	readonly version: number;
	/** Undefined once it is deleted. */
	readonly value: string | undefined;
}

/** A request that was not acknowledged. It may have taken effect or not. */
type Pending =
	| { readonly kind: "change"; readonly change: Change; readonly name: string; readonly value: Value }
	| { readonly kind: "deploy"; readonly name: string; readonly tag: number }
	| { readonly kind: "delete"; readonly name: string };

/** The secret that a function reads. */
const secretOf = (name: string) => `SECRET_${name.toUpperCase()}`;

const sourceOf = (name: string, tag: number) =>
	`Deno.serve(() => new Response("${tag} " + (Deno.env.get("${secretOf(name)}") ?? "none")));`;

export class Ledger {
	readonly vault = new TestVault();
	#head: Head | undefined;
	#isHeaderSent = false;
	/** Operations that were acknowledged, by revision. */
	readonly #acknowledged = new Map<number, string>();
	readonly #values = new Map<string, Value>();
	/** The version of each function that is deployed. */
	readonly #deployed = new Map<string, number>();
	#pending: Pending | undefined;
	#count = 0;

	/**
	 * Makes a random request, and records its acknowledgement. @throws Error if the platform is gone; Refused
	 */
	async act(client: KilledClient, random: Random): Promise<string> {
		const name = random.pick(FUNCTIONS);
		this.#count++;
		if (random.chance(0.65)) return await this.#change(client, name, random.chance(0.15));
		if (random.chance(0.7) || !this.#deployed.has(name)) return await this.#deploy(client, name);
		this.#pending = { kind: "delete", name };
		await client.delete(name);
		this.#settleDelete(name);
		return "deletions of functions";
	}

	async #change(client: KilledClient, name: string, isDeletion: boolean): Promise<string> {
		this.#head ??= await client.createApp(this.vault.vaultId);
		const version = (this.#values.get(name)?.version ?? 0) + 1;
		const value = isDeletion && version > 1 ? undefined : `value ${this.#count}`;
		const record = this.vault.record(secretOf(name), version, value);
		const header = this.#isHeaderSent ? null : this.vault.header;
		const change = this.vault.change(APP, this.#head, [record], { header });
		this.#pending = { kind: "change", change, name, value: { version, value } };
		await client.send(change, (head) => this.#settleChange(name, change, head, { version, value }));
		return "changes";
	}

	#settleChange(name: string, change: Change, head: Head, value: Value): void {
		this.#acknowledged.set(head.revision, change.operation);
		this.#values.set(name, value);
		this.#head = head;
		this.#isHeaderSent = true;
		this.#pending = undefined;
	}

	async #deploy(client: KilledClient, name: string): Promise<string> {
		this.#head ??= await client.createApp(this.vault.vaultId);
		const tag = this.#count;
		this.#pending = { kind: "deploy", name, tag };
		await client.deploy(name, sourceOf(name, tag), () => {
			this.#deployed.set(name, tag);
			this.#pending = undefined;
		});
		return "deployments";
	}

	#settleDelete(name: string): void {
		this.#deployed.delete(name);
		this.#pending = undefined;
	}

	/**
	 * The faults of a platform that was killed and restarted. Its state also decides about the unacknowledged
	 * request.
	 */
	async check(client: KilledClient, call: (name: string) => Promise<string>): Promise<string[]> {
		if (this.#head === undefined) return [];
		const wrong = this.#checkLog(await client.log());
		const there = new Set(await client.functions());
		if (this.#pending?.kind === "delete" && !there.has(this.#pending.name))
			this.#settleDelete(this.#pending.name);
		const deploying = this.#pending?.kind === "deploy" ? this.#pending : undefined;
		for (const name of FUNCTIONS) {
			const tag = this.#deployed.get(name);
			const isMaybe = deploying?.name === name;
			if (!there.has(name)) {
				if (tag !== undefined) wrong.push(`the function ${name} is missing`);
				continue;
			}
			const value = this.#values.get(name)?.value ?? "none";
			const answer = await call(name);
			if (isMaybe && answer === `${deploying.tag} ${value}`) this.#deployed.set(name, deploying.tag);
			else if (tag === undefined) wrong.push(`the function ${name} was deleted, and still exists: ${answer}`);
			else if (answer !== `${tag} ${value}`)
				wrong.push(`${name} serves "${answer}", and is to serve "${tag} ${value}"`);
		}
		this.#pending = undefined;
		return wrong;
	}

	#checkLog(log: readonly LogEntry[]): string[] {
		const wrong: string[] = [];
		for (const [revision, operation] of this.#acknowledged)
			if (log[revision - 1]?.change.operation !== operation)
				wrong.push(`the change of revision ${revision} was acknowledged, and is not in the log`);
		const { kind, change, name, value } = this.#pending?.kind === "change" ? this.#pending : {};
		const last = log.at(-1);
		if (kind !== undefined && last !== undefined && last.change.operation === change?.operation) {
			const { revision, head } = last;
			this.#settleChange(name as string, change, { revision, head }, value as Value);
		}
		if (wrong.length === 0 && log.length !== this.#acknowledged.size)
			wrong.push(`the log has ${log.length} changes, and ${this.#acknowledged.size} were sent`);
		const versions = new Map<string, number>();
		for (const { change } of log)
			for (const record of change.records.map(parseRecordText)) versions.set(record.name, record.version);
		for (const [name, { version }] of this.#values)
			if (versions.get(secretOf(name)) !== version) wrong.push(`${name} has another version in the log`);
		return wrong;
	}
}

/** Whether an error means that the platform is gone, and not that its response was wrong. */
export function isGone(error: unknown): boolean {
	return !(error instanceof Refused);
}
