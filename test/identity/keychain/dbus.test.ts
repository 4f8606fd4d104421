import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { socketPathOf } from "../../../src/identity/keychain/dbus.ts";
import { decodeMessage, encodeCall } from "../../../src/identity/keychain/dbus-wire.ts";

describe("D-Bus addresses", () => {
	test.each([
		["unix:path=/run/user/1000/bus", "/run/user/1000/bus"],
		["unix:path=/tmp/dbus-1,guid=9ab834", "/tmp/dbus-1"],
		["unix:guid=9ab834,path=/tmp/dbus-1", "/tmp/dbus-1"],
		["tcp:host=localhost,port=1;unix:path=/tmp/b", "/tmp/b"],
		["unix:abstract=/tmp/dbus-x", "\0/tmp/dbus-x"],
		["unix:path=/tmp/a%20b%c3%a4", "/tmp/a bä"],
		["unix:tmpdir=/tmp", undefined],
		["unix:path=%ff", undefined],
		["tcp:host=localhost,port=1", undefined],
		["autolaunch:", undefined],
		["", undefined],
	])("%s", (address, path) => {
		expect(socketPathOf(address)).toBe(path);
	});
});

describe("D-Bus messages", () => {
	const call = {
		destination: "org.freedesktop.secrets",
		path: "/org/freedesktop/secrets",
		interface: "org.freedesktop.Secret.Service",
		member: "SearchItems",
		arguments: [new Map([["service", "coffer"]])],
	};

	test("a call is one complete message, and no prefix of it is one", () => {
		const bytes = encodeCall(call, 7);
		expect(decodeMessage(bytes)).toMatchObject({ replySerial: 0, error: undefined, length: bytes.length });
		expect(decodeMessage(Buffer.concat([bytes, bytes]))).toMatchObject({ length: bytes.length });
		for (let length = 0; length < bytes.length; length++) {
			expect(decodeMessage(bytes.subarray(0, length))).toBe(undefined);
		}
	});

	test("parsing any received bytes ends, and fails with one kind of error", () => {
		const mutated = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })).map(([at, value]) => {
			const bytes = encodeCall(call, 7);
			bytes[at % bytes.length] = value;
			return bytes;
		});
		const random = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
		fc.assert(
			fc.property(fc.oneof(mutated, random), (bytes) => {
				try {
					const message = decodeMessage(bytes);
					message?.body.paths();
					message?.body.booleanVariant();
				} catch (error) {
					expect(error).toBeInstanceOf(RangeError);
				}
			}),
			{ numRuns: 5000 },
		);
	});
});
