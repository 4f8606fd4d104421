import { testTorture } from "../in-short.ts";
import { torture } from "./kills.torture.ts";

testTorture(torture, { seed: 1 });
