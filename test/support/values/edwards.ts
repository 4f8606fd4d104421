/**
 * The curve of Ed25519 in plain integers (RFC 8032, section 5.1), to make keys and signatures that no library
 * makes. It is slow, and uses no code that it tests.
 */
import { createHash } from "node:crypto";

export const P = 2n ** 255n - 19n;
/** The order of the base point. */
export const L = 2n ** 252n + 27742317777372353535851937790883648493n;

export interface Point {
	readonly x: bigint;
	readonly y: bigint;
}

function modulo(a: bigint, m = P): bigint {
	return ((a % m) + m) % m;
}

function power(base: bigint, exponent: bigint): bigint {
	let result = 1n;
	for (let square = modulo(base), left = exponent; left > 0n; left >>= 1n, square = modulo(square * square))
		if (left & 1n) result = modulo(result * square);
	return result;
}

function inverse(a: bigint): bigint {
	return power(a, P - 2n);
}

const D = modulo(-121665n * inverse(121666n));
const ROOT_OF_MINUS_ONE = power(2n, (P - 1n) / 4n);
export const NEUTRAL: Point = { x: 0n, y: 1n };

/** The point with this y whose x has the given lowest bit; undefined if there is none on the curve. */
export function pointAt(y: bigint, odd: boolean): Point | undefined {
	const square = modulo((y * y - 1n) * inverse(D * y * y + 1n));
	let x = power(square, (P + 3n) / 8n);
	if (modulo(x * x - square) !== 0n) x = modulo(x * ROOT_OF_MINUS_ONE);
	if (modulo(x * x - square) !== 0n) return undefined;
	if ((x & 1n) === (odd ? 1n : 0n)) return { x, y: modulo(y) };
	return { x: modulo(-x), y: modulo(y) };
}

function basePoint(): Point {
	const point = pointAt(modulo(4n * inverse(5n)), false);
	if (!point) throw new Error("The base point is not on the curve.");
	return point;
}

export const BASE = basePoint();

export function add(a: Point, b: Point): Point {
	const product = modulo(D * a.x * b.x * a.y * b.y);
	return {
		x: modulo((a.x * b.y + b.x * a.y) * inverse(1n + product)),
		y: modulo((a.y * b.y + a.x * b.x) * inverse(1n - product)),
	};
}

export function multiply(point: Point, scalar: bigint): Point {
	let result = NEUTRAL;
	for (let double = point, left = scalar; left > 0n; left >>= 1n, double = add(double, double))
		if (left & 1n) result = add(result, double);
	return result;
}

/** 32 bytes, little endian. */
export function toBytes(number: bigint): Uint8Array {
	return Uint8Array.from(Buffer.from(number.toString(16).padStart(64, "0"), "hex").reverse());
}

export function toInteger(bytes: Uint8Array): bigint {
	return BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`);
}

/** An encoding of a point: `y` exactly as given, reduced or not, with the given sign bit. */
export function encodeAs(y: bigint, sign: boolean): Uint8Array {
	return toBytes(y | (sign ? 1n << 255n : 0n));
}

export function encode({ x, y }: Point): Uint8Array {
	return encodeAs(y, (x & 1n) === 1n);
}

/** The eight points whose order divides 8: the multiples of one whose order is 8. */
export function smallOrderPoints(): Point[] {
	for (let y = 2n; ; y++) {
		const point = pointAt(y, false);
		const torsion = point && multiply(point, L);
		if (!torsion || multiply(torsion, 4n).y === 1n) continue;
		return Array.from({ length: 8 }, (_, times) => multiply(torsion, BigInt(times)));
	}
}

/** SHA-512 of all parts, as a scalar below the group's order. */
export function challenge(...parts: readonly Uint8Array[]): bigint {
	const digest = createHash("sha512").update(Buffer.concat(parts)).digest();
	return BigInt(`0x${digest.reverse().toString("hex")}`) % L;
}

const baseMultiples = new Map<bigint, Point>();

function multiplyBase(scalar: bigint): Point {
	const known = baseMultiples.get(scalar) ?? multiply(BASE, scalar);
	baseMultiples.set(scalar, known);
	return known;
}

/** The ways in which a signer can manipulate a signature. */
export interface Twist {
	/** The private scalar, and the nonce. */
	readonly a: bigint;
	readonly r: bigint;
	readonly content: Uint8Array;
	/** Added to the public key, and to R. */
	readonly keyTwist?: Point;
	readonly nonceTwist?: Point;
	/** How many group orders are added to S. */
	readonly extraOrders?: bigint;
	/** Encodings that replace those of the points. */
	readonly keyBytes?: Uint8Array;
	readonly nonceBytes?: Uint8Array;
}

/** A signature as in RFC 8032, apart from the manipulations. */
export function signTwisted(twist: Twist): {
	signature: Uint8Array;
	content: Uint8Array;
	publicKey: Uint8Array;
} {
	const { a, r, content, keyTwist = NEUTRAL, nonceTwist = NEUTRAL, extraOrders = 0n } = twist;
	const publicKey = twist.keyBytes ?? encode(add(multiplyBase(a), keyTwist));
	const nonce = twist.nonceBytes ?? encode(add(multiplyBase(r), nonceTwist));
	const s = ((r + challenge(nonce, publicKey, content) * a) % L) + extraOrders * L;
	return { signature: Uint8Array.from([...nonce, ...toBytes(s)]), content, publicKey };
}
