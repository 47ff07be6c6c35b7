# docker build -t backprop86 .
# docker run --rm backprop86 make check      whether every table, figure and number is what the rows give (the default)
# docker run --rm backprop86 make reproduce  every run, table, figure and verdict anew, seven minutes on two cores
#
# PIP_FLAGS goes to every pip: here the index of pytorch.org, whose build for the CPU leaves out several GB of CUDA.

FROM python:3.11.14-slim-bookworm AS system
RUN apt-get update \
    && apt-get install --yes --no-install-recommends make=4.3* \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 1000 reader \
    && install --directory --owner=reader --group=reader /home/reader/backprop86
USER 1000
WORKDIR /home/reader/backprop86

FROM system AS whole
ARG PIP_FLAGS="--no-cache-dir --extra-index-url https://download.pytorch.org/whl/cpu"
COPY --chown=reader:reader . .
RUN make .venv/ready PIP_FLAGS="$PIP_FLAGS"
CMD ["make", "check"]
