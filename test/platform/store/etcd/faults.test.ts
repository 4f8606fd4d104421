/** What users see if etcd cannot be used: each cause has its own error. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { AppError } from "../../../../src/errors.ts";
import type { EtcdAccess } from "../../../../src/platform/store/etcd/api/client.ts";
import { openEtcdStore } from "../../../../src/platform/store/etcd/etcd-store.ts";
import { Authority } from "../../../stories/support/network/authority.ts";
import { bytesOf } from "../contract-setup.ts";
import { type ClusterOptions, EtcdCluster } from "./cluster.ts";

const OWNER = "0".repeat(32);
const PREFIX = "/coffer/";

let closing: (AsyncDisposable | Disposable)[] = [];
afterEach(async () => {
	for (const each of closing.splice(0).reverse())
		await (Symbol.asyncDispose in each ? each[Symbol.asyncDispose]() : each[Symbol.dispose]());
	closing = [];
});

async function start(options?: ClusterOptions): Promise<EtcdCluster> {
	const cluster = await EtcdCluster.start(options);
	closing.push(cluster);
	return cluster;
}

async function open(cluster: EtcdCluster, access: Partial<EtcdAccess> = {}, prefix = PREFIX) {
	const store = await openEtcdStore({ endpoints: cluster.endpoints, prefix, timeoutMs: 3_000, ...access });
	closing.push(store);
	return store;
}

function etcdctl(cluster: EtcdCluster, ...words: string[]): void {
	const endpoint = cluster.endpoints.map(({ host, port }) => `http://${host}:${port}`).join(",");
	execFileSync("etcdctl", ["--endpoints", endpoint, ...words], {
		env: { ...process.env, ETCDCTL_API: "3" },
		stdio: ["ignore", "ignore", "pipe"],
	});
}

async function refusal(work: Promise<unknown>): Promise<AppError> {
	const error: unknown = await work.catch((error: unknown) => error);
	if (error instanceof AppError) return error;
	throw new Error(`It was not refused: ${error}`);
}

describe("the address", () => {
	test("of a member that does not run: all members are named", async () => {
		const cluster = await start();
		await cluster.kill(0);
		const error = await refusal(open(cluster, { timeoutMs: 300 }));
		expect(error).toMatchObject({ code: "STORE_UNREACHABLE", exit: 6 });
		expect(error.message).toContain("ECONNREFUSED");
		await cluster.restart(0);
		const store = await open(cluster);
		expect(await store.append("s", 0, "x")).toMatchObject({ appended: true });
	});

	test("under a prefix that has other keys, or a newer store, is refused", async () => {
		const cluster = await start();
		etcdctl(cluster, "put", "/other/key", "1");
		expect(await refusal(open(cluster, {}, "/other/"))).toMatchObject({ code: "STORE_FOREIGN", exit: 1 });
		etcdctl(cluster, "put", "/newer/format", "2");
		expect(await refusal(open(cluster, {}, "/newer/"))).toMatchObject({ code: "STORE_TOO_NEW", exit: 1 });
	});
});

describe("users", () => {
	test("each wrong user is named, and a token that etcd has forgotten is replaced", async () => {
		const cluster = await start();
		const withUser = refusal(open(cluster, { user: { name: "coffer", password: "right" } }));
		expect(await withUser).toMatchObject({ code: "STORE_UNAUTHORISED", exit: 3 });
		for (const words of [
			["user", "add", "root:secret"],
			["user", "grant-role", "root", "root"],
			["user", "add", "coffer:right"],
			["user", "add", "stranger:right"],
			["role", "add", "coffer"],
			["role", "grant-permission", "coffer", "--prefix=true", "readwrite", PREFIX],
			["user", "grant-role", "coffer", "coffer"],
			["auth", "enable"],
		])
			etcdctl(cluster, ...words);
		const wrong = await refusal(open(cluster, { user: { name: "coffer", password: "hunter2" } }));
		expect(wrong).toMatchObject({ code: "STORE_UNAUTHORISED", exit: 3 });
		expect(JSON.stringify([wrong, wrong.cause, wrong.stack])).not.toContain("hunter2");
		expect(await refusal(open(cluster))).toMatchObject({ code: "STORE_UNAUTHORISED", exit: 3 });
		const stranger = refusal(open(cluster, { user: { name: "stranger", password: "right" } }));
		expect(await stranger).toMatchObject({ code: "STORE_FORBIDDEN", exit: 3 });
		const store = await open(cluster, { user: { name: "coffer", password: "right" }, timeoutMs: 20_000 });
		await store.append("s", 0, "1");
		await cluster.kill(0);
		await cluster.restart(0);
		expect(await store.append("s", 1, "2")).toEqual({ appended: true, revision: 2 });
		expect(await store.lease("node", "a", 5_000)).toBe(true);
		const watch = store.watch("s", 0, new AbortController().signal)[Symbol.asyncIterator]();
		expect((await watch.next()).value).toEqual({ revision: 1, body: "1" });
	});
});

describe("TLS", () => {
	test("each wrong certificate is named", async () => {
		const [authority, other] = [new Authority(), new Authority()];
		closing.push(authority, other);
		const [server, client, foreign] = [
			authority.issue("server"),
			authority.issue("client"),
			other.issue("foreign"),
		];
		const args = ["--cert-file", server.cert, "--key-file", server.key, "--trusted-ca-file", authority.cert];
		const cluster = await start({ scheme: "https", args: [...args, "--client-cert-auth"] });
		const ca = readFileSync(authority.cert);
		const pair = ({ cert, key }: typeof client) => ({ cert: readFileSync(cert), key: readFileSync(key) });
		const store = await open(cluster, { tls: { ca, ...pair(client) } });
		expect(await store.append("s", 0, "x")).toMatchObject({ appended: true });
		const refused = { code: "STORE_CERTIFICATE_REFUSED", exit: 3 };
		const invalid = { code: "STORE_CERTIFICATE_INVALID", exit: 6 };
		expect(await refusal(open(cluster, { tls: { ca } }))).toMatchObject(refused);
		expect(await refusal(open(cluster, { tls: { ca, ...pair(foreign) } }))).toMatchObject(refused);
		const ownOther = { ca: readFileSync(other.cert), ...pair(client) };
		expect(await refusal(open(cluster, { tls: ownOther }))).toMatchObject(invalid);
		expect(await refusal(open(cluster))).toMatchObject({ code: "STORE_UNREACHABLE", exit: 6 });
		const plain = await start();
		const error = await refusal(open(plain, { tls: { ca } }));
		expect(error).toMatchObject({ code: "STORE_UNREACHABLE", exit: 6 });
		expect(error.hint).toContain("--store-ca");
	});
});

describe("limits of etcd", () => {
	test("a full etcd is named, and reading goes on", async () => {
		const cluster = await start({ args: ["--quota-backend-bytes", String(2 * 1024 * 1024)] });
		const store = await open(cluster);
		const fill = async () => {
			for (let seed = 0; seed < 100; seed++) await store.putBlob(OWNER, bytesOf(400_000, seed));
		};
		expect(await refusal(fill())).toMatchObject({ code: "STORE_FULL", exit: 1 });
		expect(await refusal(store.append("s", 0, "x"))).toMatchObject({ code: "STORE_FULL" });
		expect(await store.read("s", 0)).toEqual([]);
	});

	test("a smaller limit of requests than etcd's default is named", async () => {
		const cluster = await start({ args: ["--max-request-bytes", "100000"] });
		const store = await open(cluster);
		expect(await store.append("s", 0, "x".repeat(60_000))).toMatchObject({ appended: true });
		const large = refusal(store.putBlob(OWNER, bytesOf(900_000, 1)));
		expect(await large).toMatchObject({ code: "STORE_REQUEST_TOO_LARGE", exit: 1 });
	});
});
