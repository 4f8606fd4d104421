/** The state of one simulated schedule: the platform, the devices, their tasks, and the observations. */
import { join } from "node:path";
import { AppError } from "../../../../src/errors.ts";
import type { LogEntry } from "../../../../src/protocol/change.ts";
import type { SyncOutcome } from "../../../../src/sync/changes/sync.ts";
import { openKeys } from "../../../../src/vault/chains/environment-keys.ts";
import { formatRecord, parseRecordText } from "../../../../src/vault/records/record.ts";
import { openRecord } from "../../../../src/vault/records/seal.ts";
import { type Device, plainRemote, type RemoteMaker } from "../devices/device.ts";
import { afterSync } from "../devices/planted-device.ts";
import type { Plant } from "../plants.ts";
import { isExpected, Network } from "../platform/network.ts";
import { APP, type SimulatedPlatform } from "../platform/platform.ts";
import type { Verdict } from "./actions.ts";
import { DELETED, Ledger } from "./ledger.ts";
import type { Task } from "./task.ts";

export interface WorldOptions {
	readonly folder: string;
	readonly platform: SimulatedPlatform;
	readonly devices: readonly Device[];
	/**
	 * Whether devices may get records that are older than those of their last sync. Git can bring such
	 * records.
	 */
	readonly mayRollBack: boolean;
}

export class World {
	readonly folder: string;
	readonly platform: SimulatedPlatform;
	readonly network: Network;
	readonly devices: readonly Device[];
	readonly ledger = new Ledger();
	readonly tasks = new Map<string, Task<Verdict>>();
	readonly failures: string[] = [];
	/** One line for each event. */
	readonly trace: string[] = [];
	readonly tally = new Map<string, number>();
	readonly mayRollBack: boolean;
	remotes: RemoteMaker = plainRemote;
	/** The bug to plant after the set-up; undefined after it has had its effect. */
	plant: Plant | undefined;
	/** Git: the vault's text on the shared branch. */
	branch = "";
	/** Set if the simulation cannot continue. */
	isOver = false;
	/** The revision at which a device's last sync had nothing to do. */
	readonly quiet = new Map<Device, number>();
	#logged = 0;

	constructor(options: WorldOptions) {
		this.folder = options.folder;
		this.platform = options.platform;
		this.devices = options.devices;
		this.mayRollBack = options.mayRollBack;
		this.network = new Network(options.platform);
	}

	scratch(name: string): string {
		return join(this.folder, name);
	}

	fail(message: string): void {
		this.failures.push(message);
		this.note(`✗ ${message}`);
	}

	/** Stops the simulation. Only failures of the platform's start and of reading its log call this. */
	end(error: unknown): void {
		if (this.isOver) return;
		this.isOver = true;
		const text =
			error instanceof AppError ? `${error.code}: ${error.message}` : String((error as Error).stack);
		this.fail(`the platform does not go on: ${text}`);
	}

	note(line: string): void {
		this.trace.push(line);
	}

	count(what: string, by = 1): void {
		this.tally.set(what, (this.tally.get(what) ?? 0) + by);
	}

	/** Reads the new entries of the log directly from the store. */
	async readLog(): Promise<void> {
		if (this.platform.broken !== undefined) return this.end(this.platform.broken);
		for (const { revision, body } of await this.platform.entries(this.#logged)) {
			const { change } = JSON.parse(body) as LogEntry;
			this.#logged = revision;
			for (const text of change.records) this.#readRecord(revision, text);
		}
	}

	#readRecord(revision: number, text: string): void {
		const record = parseRecordText(text);
		const value = this.ledger.valueOf(text) ?? this.#open(text);
		this.ledger.learn(text, value);
		this.ledger.log.push({ revision, name: record.name, version: record.version, value });
	}

	#open(text: string): string {
		const header = this.platform.core.apps.get(APP).state.header;
		if (!header) throw new TypeError("The log has records and no membership.");
		const keys = openKeys(header.environment, this.platform.identity);
		const value = openRecord(header.environment, keys, parseRecordText(text));
		return value === undefined ? DELETED : `#${value.replace("value number ", "")}`;
	}

	/** Checks the guarantee of a finished sync: everything in the vault is in the log. */
	async synced(device: Device, outcome: SyncOutcome): Promise<void> {
		await this.readLog();
		await device.look(this.ledger);
		device.revision = Math.max(device.revision, outcome.revision);
		device.asked.clear();
		const { rolledBack, sent, taken } = outcome;
		if (sent.length + taken.length + rolledBack.length === 0) this.quiet.set(device, outcome.revision);
		this.note(
			`   synced to revision ${outcome.revision}, sent ${sent.join(" ") || "-"}, took ${taken.join(" ") || "-"}`,
		);
		for (const name of rolledBack) this.#askedBack(device, name);
		for (const record of device.records.values()) {
			if (rolledBack.includes(record.name)) continue;
			const value = this.ledger.valueOf(formatRecord(record));
			if (value === undefined || !this.ledger.logged(record.name).includes(value))
				this.fail(`acknowledged, not in the log: ${record.name} ${value ?? "?"} of device ${device.index}`);
			else for (const intent of this.ledger.of(record.name, value)) intent.isAcknowledged = true;
		}
		if (await afterSync(device, this.plant)) this.plant = undefined;
	}

	#askedBack(device: Device, name: string): void {
		device.asked.add(name);
		this.count("names said to be rolled back");
		if (!this.mayRollBack)
			this.fail(`said to be rolled back, though nothing was: ${name} of device ${device.index}`);
	}

	/** Judges an exception of a command. */
	async caught(device: Device, error: unknown): Promise<void> {
		await this.readLog();
		await device.look(this.ledger);
		if (!(error instanceof AppError)) {
			const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
			return this.fail(`a command of device ${device.index} threw what is no AppError: ${text}`);
		}
		this.note(`   ${error.code} (exit ${error.exit})`);
		this.count(`commands ended by ${error.code}`);
		if (error.code === "SYNC_CONFLICT") return this.#conflicted(device, error);
		if (device.isRemoved && error.exit === 3) return;
		// The member to remove was removed already, or was never a member.
		if (error.code === "MEMBER_NOT_FOUND") return;
		if (!isExpected(error)) this.fail(`unexpected ${error.code}: device ${device.index}, ${error.message}`);
	}

	#conflicted(device: Device, error: AppError): void {
		const names = error.names ?? [];
		const { ledger } = this;
		for (const name of names) {
			this.count("conflicts");
			device.asked.add(name);
			const ours = device.holds(ledger, name) ?? "absent";
			const theirs = ledger.logged(name);
			this.note(`   conflict: ${name} ${ours} against ${theirs.join(" ")}`);
			if (ledger.isConflict(device.index, name, ours)) continue;
			const last = theirs.at(-1) ?? "absent";
			const what = `asked about ${whose(ledger, { device, name, ours, last })}`;
			this.fail(`${what}: ${name} of device ${device.index}, ${ours} here, ${last} in the log`);
		}
	}
}

/** The kind of an unnecessary question. */
function whose(
	ledger: Ledger,
	{ device, name, ours, last }: { device: Device; name: string; ours: string; last: string },
): string {
	if (device.hasForgotten) return "what it had seen before it died between vault and memory";
	const isOf = (value: string) => ledger.of(name, value).some((intent) => intent.device === device.index);
	if (isOf(last) || ledger.logged(name).includes(ours)) return "a value of its own that it had sent";
	return isOf(ours) ? "a value that it had seen, or that was made from its own" : "what it did not change";
}
