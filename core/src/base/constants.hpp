// The numbers of the format, made of neurocomp/frame/constants.py by `make constants`: edit that.
#pragma once

#include <array>
#include <cstdint>

namespace neurocomp::format {

inline constexpr std::array<uint8_t, 2> magic = {0x9E, 0x43};
inline constexpr std::array<uint8_t, 4> end_magic = {0x43, 0x4E, 0x9E, 0x0A};
inline constexpr uint32_t version = 1;
inline constexpr uint32_t version_shift = 4;
inline constexpr uint32_t header_table = 1;
inline constexpr uint32_t header_reserved = 14;
inline constexpr uint32_t head_long_hash = 1;
inline constexpr uint32_t head_symbols_and_coder = 2;
inline constexpr uint32_t head_properties = 4;
inline constexpr uint32_t head_family_shift = 3;
inline constexpr uint32_t short_hash_bytes = 3;
inline constexpr uint32_t long_hash_bytes = 32;
inline constexpr uint32_t language_hash_bytes = 4;
inline constexpr uint32_t dictionary_hash_bytes = 8;
inline constexpr uint32_t family_mix = 1;
inline constexpr uint32_t family_adaptive = 2;
inline constexpr uint32_t family_ngram = 3;
inline constexpr uint32_t family_transformer = 4;
inline constexpr uint32_t family_hf = 5;
inline constexpr uint32_t family_bytenet = 6;
inline constexpr uint32_t family_dalle = 8;
inline constexpr uint32_t family_neural_ngram = 9;
inline constexpr uint32_t family_recurrent_tokens = 10;
inline constexpr uint32_t family_language = 12;
inline constexpr uint32_t property_parameters = 1;
inline constexpr uint32_t property_environment = 2;
inline constexpr uint32_t property_dictionary = 3;
inline constexpr uint32_t symbols_bytes = 0;
inline constexpr uint32_t symbols_uint16 = 1;
inline constexpr uint32_t symbols_bpe = 2;
inline constexpr uint32_t symbols_tokens = 8;
inline constexpr uint32_t coder_binary = 0;
inline constexpr uint32_t coder_arithmetic = 1;
inline constexpr uint32_t coder_huffman = 2;
inline constexpr uint32_t tag_last = 1;
inline constexpr uint32_t tag_trailer = 2;
inline constexpr uint32_t tag_method_shift = 2;
inline constexpr uint32_t tag_method_mask = 3;
inline constexpr uint32_t tag_variant_shift = 4;
inline constexpr uint32_t tag_variant_mask = 3;
inline constexpr uint32_t tag_line_ends = 64;
inline constexpr uint32_t tag_lanes = 128;
inline constexpr uint32_t method_stored = 0;
inline constexpr uint32_t method_modelled = 1;
inline constexpr uint32_t method_segment = 2;
inline constexpr uint32_t transform_line_ends = 1;
inline constexpr uint32_t variant_text = 0;
inline constexpr uint32_t variant_data = 1;
inline constexpr uint32_t variant_primed = 2;
inline constexpr uint32_t variant_network = 2;
inline constexpr uint32_t checksum_bytes = 4;
inline constexpr uint32_t max_varint_bytes = 5;
inline constexpr uint32_t max_family = 2047;
inline constexpr uint32_t max_models = 64;
inline constexpr uint32_t max_properties_bytes = 4096;
inline constexpr uint32_t max_property_bytes = 1024;
inline constexpr uint32_t max_id = 16383;
inline constexpr uint32_t max_transforms = 8;
inline constexpr uint32_t max_entry_bytes = 4134;
inline constexpr uint32_t max_header_bytes = 264580;
inline constexpr uint32_t max_block_head_bytes = 8245;
inline constexpr uint32_t max_block_bytes = 67108864;
inline constexpr uint32_t max_blocks = 131072;
inline constexpr uint32_t max_trailer_bytes = 2097152;
inline constexpr uint32_t max_lanes = 4096;
inline constexpr uint32_t max_bytenet_lanes = 64;
inline constexpr uint32_t max_language_lanes = 128;
inline constexpr uint32_t max_record_lanes = 64;
inline constexpr uint32_t max_chosen_lanes = 64;
inline constexpr uint32_t max_float_lanes = 16;
inline constexpr uint32_t max_table_entries = 8388608;
inline constexpr uint32_t section_lanes = 2;
inline constexpr uint32_t max_dictionary_bytes = 1048576;
inline constexpr uint32_t file_version = 1;
inline constexpr uint32_t packed_version = 3;
inline constexpr uint32_t max_layout_bytes = 16777216;
inline constexpr uint32_t max_metadata_bytes = 1048576;
inline constexpr uint32_t max_tensors = 16384;
inline constexpr uint32_t max_dimensions = 32;
inline constexpr uint32_t max_elements = 134217728;
inline constexpr uint32_t max_caption_tokens = 131072;
inline constexpr uint32_t max_text_length = 4096;
inline constexpr uint32_t max_record_side = 256;
inline constexpr uint32_t max_image_codes = 65536;
inline constexpr std::array<uint8_t, 3> token_magic = {0x9E, 0x4E, 0x54};
inline constexpr uint32_t token_captions = 1;
inline constexpr uint32_t token_grids = 2;
inline constexpr uint32_t max_grid_side = 1024;
inline constexpr uint32_t max_token_items = 268435456;

inline constexpr uint32_t revision_mix = 1;
inline constexpr uint32_t revision_adaptive = 1;
inline constexpr uint32_t revision_ngram = 1;
inline constexpr uint32_t revision_transformer = 1;
inline constexpr uint32_t revision_hf = 1;
inline constexpr uint32_t revision_bytenet = 1;
inline constexpr uint32_t revision_dalle = 1;
inline constexpr uint32_t revision_neural_ngram = 1;
inline constexpr uint32_t revision_recurrent_tokens = 1;
inline constexpr uint32_t revision_language = 3;

}  // namespace neurocomp::format
