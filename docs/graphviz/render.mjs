// Draws graphs in DOT, which it reads as an object of JSON, as an object of SVG.
import { readFileSync } from "node:fs";
import { Graphviz } from "@hpcc-js/wasm-graphviz";

const graphviz = await Graphviz.load();
const graphs = Object.entries(JSON.parse(readFileSync(0, "utf8")));
const pictures = graphs.map(([name, dot]) => [name, graphviz.dot(dot)]);
process.stdout.write(JSON.stringify(Object.fromEntries(pictures)));
