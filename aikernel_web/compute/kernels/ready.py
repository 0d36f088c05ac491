"""The ready kernels as methods of a provider: ``await gpu.kernels.matmul(a, b)``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .operation import Operation, Passes, dtype_of, held

if TYPE_CHECKING:
    from collections.abc import Sequence


class ReadyKernels:
    """Kernels that need not be written.

    All take NumPy's arrays, of any strides, and arrays on the device (`WebGpuComputeProvider.to_device`), and return a
    NumPy array, or with ``keep=True`` an array that stays on the device. With ``batch=``, a batch that is open, they
    are recorded there and run when it closes; then the result stays on the device too. Each is one submit, however many
    passes it makes. Where the provider has fallen back to the CPU, NumPy computes.

    Elements are never converted unasked. ``eps`` is float32's 2**-23: WGSL's sums and products are correctly rounded to
    one of the two nearest numbers (WGSL, section 15.7.4). A GPU may take subnormal numbers (below 2**-126) for 0
    wherever it computes with floats: to the bounds add 2**-126 for each operation. They hold where nothing overflows,
    on the CPU too. NaN and infinities go through sums and products as in IEEE 754 on all GPUs known, which WGSL does
    not promise; where they decide an order (`min`, `max`, `argmax`, `sort`, `histogram`) they are told apart by their
    bits, on any GPU.

    Errors: `InvalidArgumentError` with ``WEBGPU_BINDING_DTYPE``, ``WEBGPU_BINDING_SHAPE`` or
    ``WEBGPU_ARGUMENT_INVALID``, and what running a batch raises.
    """

    def __init__(self, provider: Any) -> None:
        self._gpu = provider

    async def vector_add(self, a: Any, b: Any, *, keep: bool = False, batch: Any = None) -> Any:
        """Return ``a + b`` of two arrays of one shape: float32, int32 or uint32.

        Error: at most ``eps * |a + b|``; integers wrap.
        """
        from .vector_add import vector_add  # noqa: PLC0415 - each family is loaded when it is used

        return await self._run(vector_add(a, b), keep=keep, batch=batch)

    async def axpy(self, alpha: float, x: Any, y: Any, *, keep: bool = False, batch: Any = None) -> Any:
        """Return ``alpha * x + y`` of a number, rounded to float32, and two float32 arrays of one shape.

        Error: at most ``eps * (|alpha * x| + |alpha * x + y|) * (1 + eps)``, whether product and sum are fused or not.
        """
        from .axpy import axpy  # noqa: PLC0415

        return await self._run(axpy(alpha, x, y), keep=keep, batch=batch)

    async def dot(self, a: Any, b: Any, *, keep: bool = False, batch: Any = None) -> Any:
        """Return the sum of products of two vectors, in their own type: float32, int32 or uint32.

        Error: at most ``k * eps / (1 - k * eps) * sum(|a * b|)`` with ``k = 1 + 31 * levels``; see `sum`.
        A kept result has the shape (1,).
        """
        from .reductions import dot  # noqa: PLC0415

        return await self._run(dot(a, b), keep=keep, batch=batch)

    async def sum(self, a: Any, *, keep: bool = False, batch: Any = None) -> Any:
        """Return the sum of all elements, in their own type: float32, int32 or uint32; 0 of none.

        Error: at most ``k * eps / (1 - k * eps) * sum(|a|)`` with ``k = 31 * levels``, the additions that an element
        goes through at most: 14 in a running sum, 3 to join eight of those, 14 in a workgroup (Higham, "Accuracy and
        Stability of Numerical Algorithms", section 4.2). A level makes one of each 4096 elements, so that two reach 16
        million. Integers wrap. A kept result has the shape (1,).
        """
        from .reductions import total  # noqa: PLC0415

        return await self._run(total(a), keep=keep, batch=batch)

    async def min(self, a: Any, *, keep: bool = False, batch: Any = None) -> Any:
        """Return the least element of float32, int32 or uint32, exactly; NaN where any is NaN.

        Of -0.0 and 0.0 it is either. An empty array is refused with ``WEBGPU_ARGUMENT_INVALID``. A kept result has the
        shape (1,).
        """
        from .reductions import extreme  # noqa: PLC0415

        return await self._run(extreme(a, "min"), keep=keep, batch=batch)

    async def max(self, a: Any, *, keep: bool = False, batch: Any = None) -> Any:
        """Return the greatest element; all else as for `min`."""
        from .reductions import extreme  # noqa: PLC0415

        return await self._run(extreme(a, "max"), keep=keep, batch=batch)

    async def argmax(self, a: Any, *, keep: bool = False, batch: Any = None) -> Any:
        """Return the index, in C order, of the greatest element of float32, int32 or uint32.

        The first of equal ones, -0.0 being equal to 0.0; the first NaN where there is one. An empty array is refused
        with ``WEBGPU_ARGUMENT_INVALID``. A kept result is a uint32 of the shape (1,).
        """
        from .argmax import argmax  # noqa: PLC0415

        return await self._run(argmax(a), keep=keep, batch=batch)

    async def prefix_sum(self, a: Any, *, exclusive: bool = False, keep: bool = False, batch: Any = None) -> Any:
        """Return a flat array: of each element the sum of all up to it, with it, or (``exclusive``) without.

        Of float32, int32 or uint32, in their own type; integers wrap. Error: at most ``k * eps / (1 - k * eps)`` times
        the sum of the magnitudes up to there, with ``k = 7 + 40 * levels``: 31 in a run, 7 and 8 with the runs
        before, 1 with the blocks before, and 40 more for each further level. One reaches 2048 elements, two 4 million,
        three 8 thousand million. (numpy.cumsum makes as many additions as there are elements.)
        """
        from .prefix_sum import prefix_sum  # noqa: PLC0415

        return await self._run(prefix_sum(a, exclusive=exclusive), keep=keep, batch=batch)

    async def matmul(self, a: Any, b: Any, *, keep: bool = False, batch: Any = None) -> Any:
        """Return the product of two matrices of float32, or of float16 where the device has ``shader-f16``.

        Sums are made in float32 in either case. Error: at most ``n * eps / (1 - n * eps) * (|a| @ |b|)`` with n the
        inner dimension (Higham, section 3.5); of float16, 2**-10 of the result more, and infinity beyond 65504. A
        device without the feature refuses float16 with ``WEBGPU_FEATURE_MISSING``.
        """
        from .matmul import matmul  # noqa: PLC0415

        return await self._run(matmul(a, b), keep=keep, batch=batch)

    async def transpose(self, a: Any, *, keep: bool = False, batch: Any = None) -> Any:
        """Return the transpose of a matrix of float32, int32 or uint32, bit for bit, in C order."""
        from .transpose import transpose  # noqa: PLC0415

        return await self._run(transpose(a), keep=keep, batch=batch)

    async def conv2d(
        self,
        image: Any,
        kernel: Any,
        *,
        mode: str = "valid",
        stride: int = 1,
        flip: bool = False,
        keep: bool = False,
        batch: Any = None,
    ) -> Any:
        """Return the sums of an image's elements times a kernel's that is moved over it, in float32.

        Args:
            image: (height, width), or (channels, height, width).
            kernel: (height, width), or (outputs, channels, height, width): the channels' sums are added up.
            mode: "valid": the kernel stays inside. "same": zeros around, the result as large as the image; the kernel's
                element (height // 2, width // 2) is moved over the image's.
            stride: take every such row and column of the result.
            flip: turn the kernel by 180 degrees: a convolution in the sense of mathematics, where without it is a
                correlation, as neural networks mean it.
            keep: leave the result on the device.
            batch: an open batch to record into.

        Returns:
            (height, width) or (outputs, height, width). Error: at most ``n * eps / (1 - n * eps)`` times the sum of
            the magnitudes of the products, with n the elements of one output's kernel (Higham, section 3.1).
        """
        from .conv2d import conv2d  # noqa: PLC0415

        operation = conv2d(image, kernel, mode=mode, stride=stride, flip=flip)
        return await self._run(operation, keep=keep, batch=batch)

    async def histogram(
        self, a: Any, bins: int, bounds: tuple[float, float], *, keep: bool = False, batch: Any = None
    ) -> Any:
        """Return how many of a float32 array's elements lie in each of ``bins`` equal bins, as uint32; exactly.

        The edges are ``numpy.linspace(*bounds, bins + 1, dtype=float32)``. A bin has its lower edge and not its upper
        one; the last has both. What lies outside, and NaN, is not counted.
        """
        from .histogram import histogram  # noqa: PLC0415

        return await self._run(histogram(a, bins, bounds), keep=keep, batch=batch)

    async def sort(self, a: Any, *, keep: bool = False, batch: Any = None) -> Any:
        """Return a vector of float32, int32 or uint32 sorted, smallest first, NaN last; exactly.

        -0.0 and 0.0 are equal: either may come first. A NaN's sign and payload may be lost.
        """
        from .sort import sort  # noqa: PLC0415

        return await self._run(sort(a), keep=keep, batch=batch)

    async def mandelbrot(
        self,
        shape: tuple[int, int],
        *,
        center: complex = -0.75,
        extent: float = 3.5,
        iterations: int = 256,
        keep: bool = False,
        batch: Any = None,
    ) -> Any:
        """Return of each pixel's c how many steps ``z = z * z + c`` from 0 it takes until ``|z| > 2``, as uint32.

        Args:
            shape: height and width in pixels.
            center: c in the middle of the picture, as float64.
            extent: the picture's width in the complex plane; pixels are square, the first row has the greatest
                imaginary part.
            iterations: steps at most, the count of what stays.
            keep: leave the counts on the device.
            batch: an open batch to record into.

        Returns:
            Counts of shape ``shape``. They differ from those of float64 at no more pixels than if the picture were
            moved by a hundredth of a pixel (by the set's edge that is many, since orbits there forget where they
            began). That holds down to an extent of about 1e-9; float64 itself, in which the middle's orbit is
            computed, ends at about 1e-12.
        """
        from .mandelbrot import mandelbrot  # noqa: PLC0415

        operation = mandelbrot(shape, center=center, extent=extent, iterations=iterations)
        return await self._run(operation, keep=keep, batch=batch)

    async def life(self, cells: Any, *, steps: int = 1, keep: bool = False, batch: Any = None) -> Any:
        """Return a world of uint32 cells, dead where 0, after so many generations of Conway's game of life; 0 and 1.

        The left and right edges of the (height, width) world are neighbours, and so are the upper and lower.
        """
        from .life import life  # noqa: PLC0415

        return await self._run(life(cells, steps), keep=keep, batch=batch)

    async def _run(self, operation: Operation, *, keep: bool, batch: Any) -> Any:
        import numpy as np  # noqa: PLC0415 - NumPy is loaded where arrays are used

        gpu = self._gpu
        await gpu.initialize()
        if batch is not None:
            return await self._record(batch, operation, [held(operand) for operand in operation.operands])
        if operation.is_trivial and not keep:
            return operation.finish(np.zeros(operation.shape, dtype_of(operation.dtype)))
        async with gpu.batch() as own:
            result = await self._record(own, operation, operation.operands)
            pending = None if keep else own.read(result)
        if pending is None:
            return result
        result.destroy()
        return operation.finish(pending.array)

    async def _record(self, batch: Any, operation: Operation, operands: Sequence[Any]) -> Any:
        import numpy as np  # noqa: PLC0415

        gpu = self._gpu
        if operation.is_trivial:
            return gpu.empty(operation.shape, operation.dtype)
        if gpu.using_cpu_fallback:

            def twin(*operands: Any) -> Any:
                # As on a GPU, overflow and invalid operations give infinities and NaN, and no warnings.
                with np.errstate(all="ignore"):
                    return operation.twin(*operands)

            return batch.compute(twin, operands, np.empty(operation.shape, dtype_of(operation.dtype)))
        passes, result = Passes(gpu, batch), None
        try:
            result = await operation.encode(passes, *operands)
        finally:
            passes.release(result)
        return result
