/** Stores in etcd that are backed up. A test file has one cluster, and each test has its own prefixes. */
import { execFileSync } from "node:child_process";
import { expect } from "vitest";
import type { StoreUrl } from "../../../src/platform/configuration/store-url.ts";
import { openStore } from "../../../src/platform/store/open.ts";
import { SealedStore } from "../../../src/platform/store/sealed/sealed-store.ts";
import type { Store } from "../../../src/platform/store/store.ts";
import { bytesOf } from "../store/contract-setup.ts";
import { EtcdCluster } from "../store/etcd/cluster.ts";
import { BackupFixture, bodyOf, CHANGES, deployed, EVENTS, everything, fill, OWNER } from "./place.ts";

export const KEY = new Uint8Array(32).fill(7);
const LARGE = "x".repeat(2_500_000);

let cluster: EtcdCluster;
let count = 0;

/** Starts the cluster of a test file. */
export async function startCluster(): Promise<EtcdCluster> {
	cluster = await EtcdCluster.start();
	return cluster;
}

/** A prefix that no other test uses. */
export const nextPrefix = () => `/backup/${++count}`;

export function etcdctl(...words: string[]): string {
	const [{ host, port } = { host: "", port: 0 }] = cluster.endpoints;
	const env = { ...process.env, ETCDCTL_API: "3" };
	return execFileSync("etcdctl", ["--endpoints", `${host}:${port}`, ...words], {
		env,
		encoding: "utf8",
		maxBuffer: 64 * 1024 * 1024,
	});
}

/** The last prefix that was given out. */
export const lastPrefix = () => `/backup/${count}`;

/** All keys below a prefix with their values. */
export const dump = (prefix: string) => etcdctl("get", `${prefix}/`, "--prefix");

/** Fills a store, also with an entry and a blob that have parts. @returns the blobs of its function */
export async function fillSealed(store: Store): Promise<string[]> {
	const sealed = await SealedStore.open(store, KEY);
	const [, map] = await fill(sealed);
	const bundle = await sealed.putBlob(OWNER, bytesOf(2_500_000, 1));
	await sealed.append(EVENTS, 1, bodyOf(deployed("pay", [bundle, map])));
	await sealed.append(CHANGES, 20, LARGE);
	for (let revision = 0; revision < 300; revision++)
		await sealed.append("schedule/1", revision, `${revision}`);
	await sealed.append("schedule/10", 0, "a stream whose name begins with the name of another");
	return [bundle, map];
}

/** Checks that a store has the seal, the log and the blobs of another. */
export async function expectSame(store: Store, original: Store, blobs: readonly string[]): Promise<void> {
	expect(await everything(store)).toEqual(await everything(original));
	expect(await store.heads()).toEqual(await original.heads());
	expect(await store.readSeal()).toBe(await original.readSeal());
	(await SealedStore.open(store, KEY)).check();
	await store.keepOnlyBlobs(new Map([[OWNER, new Set(blobs)]]));
	for (const hash of blobs) {
		const [bytes, expected] = [await store.getBlob(OWNER, hash), await original.getBlob(OWNER, hash)];
		expect(Buffer.from(bytes ?? []).equals(expected ?? new Uint8Array(1))).toBe(true);
	}
}

/** A place with a store in etcd and its backup. */
export async function withShared(
	work: (place: BackupFixture, store: Store, url: string, blobs: string[]) => Promise<void>,
) {
	await using place = await BackupFixture.open();
	const url = cluster.url(nextPrefix());
	await using store = await openStore(url, { dataDirectory: place.data, access: { isAlone: true } });
	const blobs = await fillSealed(store);
	await place.backup(place.target, { store: { url } });
	await work(place, store, url, blobs);
}

/** The URL of a prefix, read. */
export function parsed(prefix: string): StoreUrl & { kind: "etcd" } {
	return { kind: "etcd", endpoints: cluster.endpoints, prefix: `${prefix}/` };
}
