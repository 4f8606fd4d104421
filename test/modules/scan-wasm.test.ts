import { expect, test } from "vitest";
import { Scanner } from "../../src/modules/scan.ts";

const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex.replaceAll(" ", ""), "hex"));
/** (module (import "./env.ts" "twice" (func (param i32) (result i32)))) */
const IMPORTING = `0061736d01000000 01060160017f017f 021201 082e2f656e762e7473 057477696365 0000`;

test("the imports of a WebAssembly module are found", () => {
	const { fault, requests } = new Scanner().scan("a/m.wasm", bytesOf(IMPORTING));
	expect(fault).toBeUndefined();
	expect(requests).toEqual([{ specifier: "./env.ts", line: 1, form: "module" }]);
});

test("bytes that are not WebAssembly are a fault", () => {
	expect(new Scanner().scan("m.wasm", bytesOf("0061736d0200")).fault).toMatchObject({ line: 1 });
	expect(new Scanner().scan("m.wasm", bytesOf("")).fault).toBeDefined();
});
