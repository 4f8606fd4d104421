import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AppError } from "../../../src/errors.ts";
import { checkSecretName, isSecretName } from "../../../src/vault/syntax/secret-name.ts";
import { anyText } from "../../support/values/any-text.ts";

function refusal(name: string): AppError {
	try {
		checkSecretName(name);
	} catch (error) {
		if (error instanceof AppError) return error;
		throw error;
	}
	throw new Error(`${name} was accepted`);
}

describe("checkSecretName", () => {
	test.each([
		"API_KEY",
		"a",
		"_",
		"OpenAI_API_Key",
		"NODE_ENV",
		"DENOTE",
		"PATHS",
		"XLD_",
		"__proto__",
		"x".repeat(128),
	])("accepts %s", (name) => {
		expect(checkSecretName(name)).toEqual({});
	});

	test("warns of a leading digit", () => {
		expect(checkSecretName("11Labs").warning).toContain("begins with a digit");
	});

	test.each([
		"",
		"A-B",
		"A.B",
		"A B",
		"A=B",
		"Ä",
		"A\n",
		"\nA",
		"A\u0000",
		"\u001b[2J",
		"x".repeat(129),
		"鍵",
	])("refuses %j", (name) => {
		expect(refusal(name)).toMatchObject({ code: "NAME_INVALID", exit: 2 });
		expect(isSecretName(name)).toBe(false);
	});

	test("shows control characters escaped", () => {
		expect(refusal("A\u001b[2J").message).toContain("A\\u{1b}[2J");
	});

	test.each([
		["DENO_PERMISSION_BROKER_PATH", "sandbox"],
		["DENO_DIR", "Deno itself"],
		["DENO_", "Deno itself"],
		["LD_PRELOAD", "loader"],
		["DYLD_INSERT_LIBRARIES", "loader"],
		["COFFER_IDENTITY", "Coffer itself"],
		["NODE_OPTIONS", "Node"],
		["NODE_EXTRA_CA_CERTS", "certificates"],
		["SSL_CERT_FILE", "certificates"],
		["SSL_CERT_DIR", "certificates"],
		["HTTP_PROXY", "traffic"],
		["https_proxy", "traffic"],
		["All_Proxy", "traffic"],
		["no_proxy", "proxy"],
		["PATH", "programs"],
		["Path", "programs"],
		["HOME", "programs"],
		["TMPDIR", "temporary"],
		["deno_permission_broker_path", "sandbox"],
	])("refuses %s and says why", (name, why) => {
		const error = refusal(name);
		expect(error).toMatchObject({ code: "NAME_RESERVED", exit: 2 });
		expect(error.message).toContain(name);
		expect(error.message).toContain(why);
	});

	test("suggests a name in its hint that is accepted", () => {
		for (const name of ["PATH", "http_proxy", "DENO_DIR"]) {
			const suggestion = /such as (\w+)\./.exec(refusal(name).hint)?.[1] ?? "";
			expect(checkSecretName(suggestion)).toEqual({});
		}
	});

	test("accepts only names with the right syntax", () => {
		fc.assert(
			fc.property(anyText(), (name) => {
				expect(isSecretName(name)).toBe(/^\w+$/.test(name) && !name.includes("\n") && name.length <= 128);
			}),
		);
	});
});
