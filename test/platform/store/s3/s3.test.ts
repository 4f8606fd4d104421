/** Blobs in a bucket: the contract, several platforms that share it, and what users see if it cannot be used. */
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { cryptoReady } from "../../../../src/crypto.ts";
import { AppError } from "../../../../src/errors.ts";
import { parseS3Url } from "../../../../src/platform/configuration/s3-url.ts";
import { openEtcdStore } from "../../../../src/platform/store/etcd/etcd-store.ts";
import { S3Blobs } from "../../../../src/platform/store/s3/s3-blobs.ts";
import { S3Client, type S3Options } from "../../../../src/platform/store/s3/s3-client.ts";
import { blobHash } from "../../../../src/protocol/blob-hash.ts";
import { blobsContract } from "../contract.ts";
import { bytesOf, upTo } from "../contract-setup.ts";
import { EtcdCluster } from "../etcd/cluster.ts";
import { CREDENTIALS, refuse, S3Server } from "./s3-server.ts";

const [A, B] = ["a".repeat(32), "b".repeat(32)] as const;

let cluster: EtcdCluster;
let server: S3Server;
let count = 0;
beforeAll(async () => {
	await cryptoReady;
	[cluster, server] = await Promise.all([EtcdCluster.start(), S3Server.start()]);
});
afterEach(() => {
	server.answer = () => false;
	server.pageKeys = undefined;
});
afterAll(async () => {
	await cluster?.[Symbol.asyncDispose]();
	await server?.[Symbol.asyncDispose]();
});

const optionsOf = (url: string): S3Options => ({ ...parseS3Url(url, {}), credentials: CREDENTIALS });
/** Options with a prefix that no other test uses. */
const nextOptions = () => optionsOf(server.url(`tests/${++count}`));

blobsContract("S3", async () => {
	const [options, prefix] = [nextOptions(), `/s3/${++count}/`];
	const open = async () =>
		await openEtcdStore({ endpoints: cluster.endpoints, prefix, blobs: await S3Blobs.open(options) });
	let store = await open();
	return {
		store,
		async reopen() {
			await store[Symbol.asyncDispose]();
			store = await open();
			return store;
		},
		advance: async (ms) => await delay(ms),
		leaseMs: 2_000,
	};
});

describe("a bucket that several platforms use", () => {
	test("has what each of them stores, and loses what one removes", async () => {
		const options = nextOptions();
		const [one, two] = [await S3Blobs.open(options), await S3Blobs.open(options)];
		const bytes = upTo(12).map((seed) => bytesOf(1_000, seed % 4));
		await Promise.all(bytes.flatMap((each) => [one.put(A, each), two.put(A, each), two.put(B, each)]));
		const hashes = [...new Set(bytes.map(blobHash))];
		expect(await one.missing(B, hashes)).toEqual([]);
		await one.remove(A, hashes.slice(0, 1));
		expect(await two.missing(A, hashes)).toEqual(hashes.slice(0, 1));
		expect(await two.get(A, hashes[0] as string)).toBeUndefined();
		await two.drop(B);
		expect(await one.missing(B, hashes)).toEqual(hashes);
		expect(await one.missing(A, hashes)).toEqual(hashes.slice(0, 1));
	});

	test("keeps other prefixes and other objects, also if keys come in several pages", async () => {
		const [options, other] = [nextOptions(), nextOptions()];
		const [blobs, neighbour] = [await S3Blobs.open(options), await S3Blobs.open(other)];
		const hashes = await Promise.all(upTo(9).map((seed) => blobs.put(seed % 2 ? A : B, bytesOf(10, seed))));
		const theirs = await neighbour.put(A, bytesOf(10, 1));
		const client = new S3Client(options);
		await client.request("PUT", "blobs/readme.txt", { body: bytesOf(3, 1) });
		server.pageKeys = 2;
		await blobs.keepOnly(new Map([[A, new Set([hashes[0] as string])]]));
		expect(await blobs.missing(A, hashes)).toEqual(hashes.slice(1));
		expect(await blobs.missing(B, hashes)).toEqual(hashes);
		expect(await neighbour.missing(A, [theirs])).toEqual([]);
		expect((await client.request("GET", "blobs/readme.txt"))?.length).toBe(3);
	});

	test("gives no bytes that were changed, and is repaired by storing them again", async () => {
		const options = nextOptions();
		const blobs = await S3Blobs.open(options);
		const hash = await blobs.put(A, bytesOf(100, 1));
		const key = `blobs/${A}/${Buffer.from(hash, "base64url").toString("hex")}`;
		await new S3Client(options).request("PUT", key, { body: bytesOf(100, 2) });
		await expect(blobs.get(A, hash)).rejects.toMatchObject({ code: "BLOB_DAMAGED", exit: 7 });
		await blobs.put(A, bytesOf(100, 1));
		expect(await blobs.get(A, hash)).toEqual(bytesOf(100, 1));
	});
});

describe("a service that cannot be used", () => {
	const refusal = async (options: S3Options): Promise<AppError> => {
		const error: unknown = await S3Blobs.open({ timeoutMs: 200, ...options }).catch(
			(thrown: unknown) => thrown,
		);
		if (!(error instanceof AppError)) throw new Error(`It was not refused: ${error}`);
		expect(`${error.message}${error.hint}${error.stack}`).not.toContain("hunter2");
		return error;
	};

	test("for a wrong key, a missing bucket, or no right to it", async () => {
		const wrong = { ...CREDENTIALS, secretAccessKey: "hunter2" };
		expect(await refusal({ ...nextOptions(), credentials: wrong })).toMatchObject({
			code: "BLOBS_FORBIDDEN",
			exit: 3,
			hint: expect.stringContaining("AWS_SECRET_ACCESS_KEY"),
		});
		expect(await refusal(optionsOf(server.url("", "no-such-bucket")))).toMatchObject({
			code: "BLOBS_NO_BUCKET",
			exit: 4,
		});
		server.answer = (_, response) => {
			refuse(response, 403, "AccessDenied");
			return true;
		};
		expect(await refusal(nextOptions())).toMatchObject({
			code: "BLOBS_FORBIDDEN",
			exit: 3,
			hint: expect.stringContaining("s3:PutObject"),
		});
	});

	test.each([
		[301, "PermanentRedirect", "", "BLOBS_WRONG_REGION", 2],
		[400, "AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>", "BLOBS_WRONG_REGION", 2],
		[403, "RequestTimeTooSkewed", "", "BLOBS_FORBIDDEN", 3],
		[400, "InvalidArgument", "", "BLOBS_UNUSABLE", 1],
		[503, "SlowDown", "", "BLOBS_UNREACHABLE", 6],
	])("because it answers %d %s", async (status, code, more, expected, exit) => {
		server.answer = (_, response) => {
			refuse(response, status, code, more);
			return true;
		};
		const error = await refusal(nextOptions());
		expect(error).toMatchObject({ code: expected, exit });
		if (more !== "") expect(error.message).toContain("eu-west-1");
	});

	test("because nothing listens there", async () => {
		const options = nextOptions();
		const other = await S3Server.start();
		const { endpoint } = other;
		await other[Symbol.asyncDispose]();
		const error = await refusal({ ...options, endpoint });
		expect(error).toMatchObject({ code: "BLOBS_UNREACHABLE", exit: 6 });
		expect(error.message).toContain("ECONNREFUSED");
	});

	test("for a moment only is asked again", async () => {
		const blobs = await S3Blobs.open(nextOptions());
		let turn = 0;
		server.answer = (request, response) => {
			turn++;
			if (turn % 3 === 0) return false;
			if (turn % 3 === 1) request.socket.destroy();
			else refuse(response, 503, "SlowDown");
			return true;
		};
		const hash = await blobs.put(A, bytesOf(1_000, 1));
		expect(await blobs.get(A, hash)).toEqual(bytesOf(1_000, 1));
		expect(await blobs.missing(A, [hash])).toEqual([]);
		await blobs.drop(A);
		server.answer = () => false;
		expect(await blobs.missing(A, [hash])).toEqual([hash]);
	});
});
