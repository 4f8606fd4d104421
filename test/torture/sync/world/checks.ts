/** The conditions after everything is synced. */

import { emptyHead, type Head, type LogEntry, nextHead } from "../../../../src/protocol/change.ts";
import type { SealedRecord } from "../../../../src/vault/records/record.ts";
import { isNewer, parseRecordText } from "../../../../src/vault/records/record.ts";
import { APP } from "../platform/platform.ts";
import { membersOf } from "./heal.ts";
import type { LogValue } from "./ledger.ts";
import type { World } from "./world.ts";

export async function check(world: World): Promise<void> {
	if (world.isOver) return;
	const fold = await checkLog(world);
	checkReplicas(world, fold);
	checkIntents(world);
	checkOrder(world);
	await checkStandstill(world);
}

/**
 * Revisions have no gaps, the hash chain is valid, no operation occurs twice, and the resulting state is the
 * platform's.
 */
async function checkLog(world: World): Promise<Map<string, SealedRecord>> {
	const { platform } = world;
	const { context, head, records } = platform.core.apps.get(APP).state;
	const heads: Head[] = [emptyHead(context)];
	const operations = new Set<string>();
	const fold = new Map<string, SealedRecord>();
	for (const { body } of await platform.entries(0)) {
		const entry = JSON.parse(body) as LogEntry;
		const { base, operation } = entry.change;
		const expected = nextHead(heads.at(-1) as Head, entry.change);
		if (entry.revision !== expected.revision || entry.head !== expected.head)
			world.fail(`revision ${entry.revision} does not follow in the log`);
		if (heads[base.revision]?.head !== base.head) world.fail(`revision ${entry.revision} has another base`);
		if (operations.has(operation))
			world.fail(`the operation of revision ${entry.revision} is in the log twice`);
		operations.add(operation);
		heads.push({ revision: entry.revision, head: entry.head });
		for (const record of entry.change.records.map(parseRecordText)) {
			if (!isNewer(record, fold.get(record.name)))
				world.fail(`revision ${entry.revision} brings back an older ${record.name}`);
			fold.set(record.name, record);
		}
	}
	const last = heads.at(-1) as Head;
	if (last.revision !== head.revision || last.head !== head.head)
		world.fail(`the platform is at revision ${head.revision}, its log at ${last.revision}`);
	for (const difference of differences(fold, records))
		world.fail(`the platform's ${difference} is not the log's`);
	return fold;
}

function differences(
	one: ReadonlyMap<string, SealedRecord>,
	other: ReadonlyMap<string, SealedRecord>,
): string[] {
	return [...new Set([...one.keys(), ...other.keys()])].filter(
		(name) => one.get(name)?.body !== other.get(name)?.body,
	);
}

function checkReplicas(world: World, fold: ReadonlyMap<string, SealedRecord>): void {
	for (const device of membersOf(world)) {
		for (const name of differences(fold, device.records)) {
			const [here, there] = [device.records.get(name)?.version ?? 0, fold.get(name)?.version ?? 0];
			world.fail(
				`replicas differ: ${name} is version ${here} on device ${device.index}, ${there} in the log`,
			);
		}
	}
}

/** Every value is in the log, or was replaced by a device that had seen it, or was rejected by the user. */
function checkIntents(world: World): void {
	const { ledger } = world;
	for (const { device, name, value, isAcknowledged, isGivenUp } of ledger.intents) {
		if (ledger.logged(name).includes(value)) continue;
		if (isAcknowledged) world.fail(`acknowledged and lost: ${name} ${value} of device ${device}`);
		else if (isGivenUp || world.devices[device]?.isRemoved) continue;
		else if (
			!ledger.intents.some((other) => other.name === name && ledger.knows(name, other.value, value, true))
		)
			world.fail(`lost: ${name} ${value} of device ${device}`);
	}
}

/**
 * Each value in the log was set by a device that had seen the one before it, and each version has another
 * value.
 */
function checkOrder(world: World): void {
	const { ledger } = world;
	const before = new Map<string, LogValue>();
	for (const now of ledger.log) {
		const { name, revision, value, version } = now;
		const last = before.get(name);
		before.set(name, now);
		if (!last) continue;
		if (value === last.value) {
			// Two devices that set the same value count versions independently; the newer version is kept.
			if (version !== last.version && ledger.of(name, value).length < 2)
				world.fail(
					`a new version of the same value: ${name} ${value}, v${last.version} to v${version} at revision ${revision}`,
				);
		} else if (version <= last.version) {
			world.fail(`another value under version ${version} of ${name} at revision ${revision}`);
		} else if (!ledger.knows(name, value, last.value, true)) {
			world.fail(`overwritten unseen: ${name} ${last.value} by ${value} at revision ${revision}`);
		}
	}
}

/** A restart changes nothing, and repeating any request that has arrived changes nothing. */
async function checkStandstill(world: World): Promise<void> {
	const { network, platform } = world;
	const { head } = platform.core.apps.get(APP).state;
	await platform.restart();
	await network.replayAll();
	const now = platform.core.apps.get(APP).state.head;
	if (now.revision !== head.revision || now.head !== head.head)
		world.fail(`requests of before moved the log from revision ${head.revision} to ${now.revision}`);
}
