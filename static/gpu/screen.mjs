/** A WebGPU canvas that nobody sees: what is drawn there is taken from it as a bitmap, which stays on the GPU. */

const SHADER = /* wgsl */ `
@group(0) @binding(0) var<storage, read> pixels: array<u32>;
@group(0) @binding(1) var<uniform> width: u32;

@vertex
fn corner(@builtin(vertex_index) index: u32) -> @builtin(position) vec4f {
  // One triangle that covers the whole picture.
  return vec4f(vec2f(vec2u(index & 1, index >> 1)) * 4 - 1, 0, 1);
}

@fragment
fn pixel(@builtin(position) place: vec4f) -> @location(0) vec4f {
  return unpack4x8unorm(pixels[u32(place.y) * width + u32(place.x)]);
}
`;

/** @type {WeakMap<GPUDevice, GPURenderPipeline>} */
const pipelines = new WeakMap();

export class Screen {
  #device;
  #canvas;
  #context;
  #width;
  /** The bind group of the buffer that was drawn last. @type {{ buffer: GPUBuffer, group: GPUBindGroup } | null} */
  #bound = null;

  /**
   * @param {GPUDevice} device
   * @param {number} width in pixels
   * @param {number} height
   */
  constructor(device, width, height) {
    this.#device = device;
    this.#canvas = new OffscreenCanvas(width, height);
    const context = this.#canvas.getContext("webgpu");
    if (context === null) throw new Error("This browser has no WebGPU canvas.");
    this.#context = context;
    this.#context.configure({ device, format: navigator.gpu.getPreferredCanvasFormat(), alphaMode: "opaque" });
    this.#width = device.createBuffer({ size: 4, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST });
    device.queue.writeBuffer(this.#width, 0, new Uint32Array([width]));
  }

  /** @param {GPUDevice} device @param {number} width @param {number} height @returns {boolean} whether it is of that kind */
  fits(device, width, height) {
    return this.#device === device && this.#canvas.width === width && this.#canvas.height === height;
  }

  /** Draws the pixels of a buffer: 4 bytes each, red first, row by row from the top. @param {GPUBuffer} buffer */
  draw(buffer) {
    const pipeline = pipelineOf(this.#device);
    if (this.#bound?.buffer !== buffer) {
      const group = this.#device.createBindGroup({
        layout: pipeline.getBindGroupLayout(0),
        entries: [
          { binding: 0, resource: { buffer, size: this.#canvas.width * this.#canvas.height * 4 } },
          { binding: 1, resource: { buffer: this.#width } },
        ],
      });
      this.#bound = { buffer, group };
    }
    const { group } = this.#bound;
    this.#pass([0, 0, 0], (pass) => {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      pass.draw(3);
    });
  }

  /** Fills it. @param {number[]} colour red, green, blue: 0 to 1 */
  clear(colour) {
    this.#pass(colour, () => {});
  }

  /** @returns {ImageBitmap} what was drawn; the screen is empty then */
  take() {
    return this.#canvas.transferToImageBitmap();
  }

  /** Lets go of its memory. */
  close() {
    this.#context.unconfigure();
    this.#width.destroy();
    this.#bound = null;
  }

  /** @param {number[]} colour @param {(pass: GPURenderPassEncoder) => void} draw */
  #pass([r = 0, g = 0, b = 0], draw) {
    const encoder = this.#device.createCommandEncoder();
    const view = this.#context.getCurrentTexture().createView();
    const pass = encoder.beginRenderPass({
      colorAttachments: [{ view, loadOp: "clear", storeOp: "store", clearValue: { r, g, b, a: 1 } }],
    });
    draw(pass);
    pass.end();
    this.#device.queue.submit([encoder.finish()]);
  }
}

/** @param {GPUDevice} device @returns {GPURenderPipeline} */
function pipelineOf(device) {
  const known = pipelines.get(device);
  if (known !== undefined) return known;
  const module = device.createShaderModule({ code: SHADER });
  const made = device.createRenderPipeline({
    layout: "auto",
    vertex: { module },
    fragment: { module, targets: [{ format: navigator.gpu.getPreferredCanvasFormat() }] },
  });
  pipelines.set(device, made);
  return made;
}
