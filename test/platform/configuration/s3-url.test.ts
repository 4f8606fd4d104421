import { describe, expect, test } from "vitest";
import { AppError } from "../../../src/errors.ts";
import { dataPlaneVariables, readCoreConfig } from "../../../src/platform/configuration/config.ts";
import { isS3Url, parseS3Url, s3CredentialsOf } from "../../../src/platform/configuration/s3-url.ts";
import { storeAccessOf } from "../../../src/platform/configuration/store-access.ts";

const AMAZON = "https://s3.us-east-1.amazonaws.com";
const PLACE = { bucket: "shop", prefix: "", endpoint: AMAZON, region: "us-east-1" };

describe("the URL of a bucket", () => {
	test.each([
		["s3://shop", {}, PLACE],
		["S3://shop/", {}, PLACE],
		["s3://shop/a/b.c/", {}, { ...PLACE, prefix: "a/b.c/" }],
		["s3://shop?endpoint=http://127.0.0.1:9000/", {}, { ...PLACE, endpoint: "http://127.0.0.1:9000" }],
		[
			"s3://shop/x?region=eu-west-1",
			{ AWS_REGION: "us-west-2" },
			{ ...PLACE, prefix: "x/", region: "eu-west-1", endpoint: "https://s3.eu-west-1.amazonaws.com" },
		],
		[
			"s3://shop",
			{ AWS_DEFAULT_REGION: "auto", AWS_ENDPOINT_URL: "https://one", AWS_ENDPOINT_URL_S3: "https://two" },
			{ ...PLACE, region: "auto", endpoint: "https://two" },
		],
	])("%s with %j", (url, variables, place) => {
		expect(parseS3Url(url, variables)).toEqual(place);
	});

	test.each([
		"s3:shop",
		"s3://",
		"s3://Shop",
		"s3://a",
		"s3://shop//x",
		"s3://shop/../x",
		"s3://shop/a b",
		"s3://shop?token=hunter2",
		"s3://key:hunter2@shop",
		"s3://shop?endpoint=ftp://hunter2",
		"s3://shop?endpoint=hunter2",
		"s3://shop?region=a/b",
		"s3://shop#hunter2",
	])("%s is refused, and not repeated", (url) => {
		try {
			parseS3Url(url, {});
			expect.unreachable();
		} catch (error) {
			expect(error).toBeInstanceOf(AppError);
			expect(error).toMatchObject({ code: "BLOBS_URL_INVALID", exit: 2 });
			expect((error as AppError).message).not.toContain("hunter2");
		}
	});

	test("is recognised among directories, and no path", () => {
		expect(["s3://shop", "S3://x", "/s3", "s3", "./s3:x"].map(isS3Url)).toEqual([
			...[true, true, false, false, false],
		]);
		const store = "etcd://a";
		expect(storeAccessOf({ store, blobs: "s3://shop/x" }).blobs).toBe("s3://shop/x");
		expect(storeAccessOf({ store, blobs: "x" }).blobs).toBe(`${process.cwd()}/x`);
		expect(() => storeAccessOf({ store, blobs: "s3://" })).toThrow(AppError);
		const flags = { data: "/data", version: "1", allowNet: [], store };
		expect(readCoreConfig({ ...flags, blobs: "s3://shop" }, {}).hidden).toEqual(["/data"]);
		expect(readCoreConfig({ ...flags, blobs: "/b" }, {}).hidden).toEqual(["/data", "/b"]);
	});
});

describe("the credentials of a bucket", () => {
	test("are in the environment, and each missing one is named", () => {
		const both = { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "hunter2" };
		expect(s3CredentialsOf(both)).toEqual({ accessKeyId: "id", secretAccessKey: "hunter2" });
		for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] as const)
			try {
				s3CredentialsOf({ ...both, [name]: undefined });
				expect.unreachable();
			} catch (error) {
				expect(error).toMatchObject({ code: "BLOBS_CREDENTIALS_MISSING", exit: 2 });
				expect((error as AppError).message).toContain(name);
				expect((error as AppError).message).not.toContain("hunter2");
			}
	});

	test("do not reach the processes that run functions", () => {
		const variables = { AWS_SECRET_ACCESS_KEY: "hunter2", AWS_SESSION_TOKEN: "hunter2", PATH: "/bin" };
		expect(
			dataPlaneVariables({ ...variables, NODE_EXTRA_CA_CERTS: "/ca.pem", COFFER_TOKEN: "hunter2" }),
		).toEqual({
			PATH: "/bin",
		});
		expect(dataPlaneVariables(variables)).toEqual({ PATH: "/bin" });
	});
});
