import { describe, expect, test } from "vitest";
import { AppError } from "../../../src/errors.ts";
import { readStorePassword, storeAccessOf } from "../../../src/platform/configuration/store-access.ts";
import { parseStoreUrl } from "../../../src/platform/configuration/store-url.ts";

const refused = (work: () => unknown): AppError => {
	try {
		work();
	} catch (error) {
		if (error instanceof AppError) return error;
	}
	throw new Error("It was accepted.");
};

describe("the URL of a store in etcd", () => {
	test.each([
		[
			"etcd://a:1,b:2,c",
			[
				{ host: "a", port: 1 },
				{ host: "b", port: 2 },
				{ host: "c", port: 2379 },
			],
			"/coffer/",
		],
		["ETCD://10.0.0.1:2379/prod", [{ host: "10.0.0.1", port: 2379 }], "/prod/"],
		["etcd://[::1]:2379/a/b/", [{ host: "::1", port: 2379 }], "/a/b/"],
	])("%s", (url, endpoints, prefix) => {
		expect(parseStoreUrl(url)).toEqual({ kind: "etcd", endpoints, prefix });
	});

	test.each([
		"etcd:",
		"etcd://",
		"etcd:///x",
		"etcd://a:0",
		"etcd://a:70000",
		"etcd://a,,b",
		"etcd://a/b//c",
		"etcd://a/b?c",
		"etcd://a b",
	])("%s is refused", (url) => {
		expect(refused(() => parseStoreUrl(url))).toMatchObject({ code: "STORE_URL_INVALID", exit: 2 });
	});

	test("with a password is refused, and the password is not repeated", () => {
		const error = refused(() => parseStoreUrl("etcd://coffer:hunter2@a:1/x"));
		expect(error).toMatchObject({ code: "STORE_URL_INVALID", exit: 2 });
		expect(error.hint).toContain("COFFER_STORE_PASSWORD_FILE");
		expect(JSON.stringify(error)).not.toContain("hunter2");
	});
});

describe("the flags of a store in etcd", () => {
	test("need a store in etcd", () => {
		for (const flag of ["store-ca", "store-cert", "store-key", "store-user", "blobs"])
			for (const store of [undefined, "sqlite:./data"])
				expect(refused(() => storeAccessOf({ store, [flag]: "x" }))).toMatchObject({
					code: "STORE_FLAG_UNUSED",
					exit: 2,
				});
	});

	test("name a certificate and its key together", () => {
		for (const flag of ["store-cert", "store-key"])
			expect(refused(() => storeAccessOf({ store: "etcd://a", [flag]: "x" }))).toMatchObject({
				code: "TLS_PAIR_INCOMPLETE",
				exit: 2,
			});
	});

	test("name a user, whose password must be in the environment", async () => {
		expect(await readStorePassword({}, { COFFER_STORE_PASSWORD: "x" })).toBeUndefined();
		expect(await readStorePassword({ user: "u" }, { COFFER_STORE_PASSWORD: "x" })).toBe("x");
		const missing = readStorePassword({ user: "u" }, {});
		await expect(missing).rejects.toMatchObject({ code: "STORE_PASSWORD_MISSING", exit: 2 });
		const unreadable = readStorePassword({ user: "u" }, { COFFER_STORE_PASSWORD_FILE: "/does/not/exist" });
		await expect(unreadable).rejects.toMatchObject({ code: "STORE_FILE_UNREADABLE", exit: 2 });
	});
});
