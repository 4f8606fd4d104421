import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatToken, parseToken } from "../../src/protocol/token.ts";
import { anyText } from "../support/values/any-text.ts";

const fingerprint = "q80x_-ABCDEFGHIJKLMNOA";
const secret = "_-34567890abcdefghijklmnopqrstuvwxyzABCDEFA";

describe("parseToken", () => {
	test("parses the result of formatToken", () => {
		expect(parseToken(formatToken(fingerprint, secret))).toEqual({ fingerprint });
	});

	const good = formatToken(fingerprint, secret);
	const bad: Record<string, string> = {
		empty: "",
		"another prefix": good.replace("coffer_", "Coffer_"),
		"a space before": ` ${good}`,
		"a line break behind": `${good}\n`,
		"a short fingerprint": formatToken(fingerprint.slice(1), secret),
		"a long secret": formatToken(fingerprint, `${secret}A`),
		"no secret": `coffer_${fingerprint}`,
		"a third part": `${good}.A`,
		padding: formatToken(fingerprint, `${secret.slice(0, -1)}=`),
		"standard base64": formatToken(fingerprint, secret.replace("-", "+")),
		"stray bits in the fingerprint": formatToken(fingerprint.replace(/A$/, "B"), secret),
		"stray bits in the secret": formatToken(fingerprint, secret.replace(/A$/, "B")),
	};
	for (const [name, text] of Object.entries(bad)) {
		test(`refuses ${name}`, () => expect(parseToken(text)).toBeUndefined());
	}

	test("never throws, and accepts only the exact form", () => {
		fc.assert(
			fc.property(
				fc.oneof(
					anyText(),
					fc.string().map((tail) => good + tail),
				),
				(text) => {
					const parsed = parseToken(text);
					if (parsed !== undefined) expect(text).toMatch(/^coffer_[\w-]{22}\.[\w-]{43}$/);
				},
			),
		);
	});
});
